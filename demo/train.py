"""Trains the demo model: a llama of about a million parameters, on a CPU.

    python3 demo/train.py --minutes 75 --checkpoint /tmp/demo/checkpoint.pt

The schedule follows the clock, so the learning rate is at zero when the minutes are over, however
fast the machine is.
"""

import argparse
import math
import random
import time

import numpy
import torch
import torch.nn.functional as F

import stories
import vocabulary
import words

CONTEXT = 256
DIM = 128
LAYERS = 6
HEADS = 4
KV_HEADS = 2
HEAD_DIM = DIM // HEADS
FF = 352
EPSILON = 1e-5
ROPE_BASE = 10000.0

BLOCK = "attn_norm attn_q attn_k attn_v attn_output ffn_norm ffn_gate ffn_up ffn_down".split()

BATCH = 16
PEAK_RATE = 1e-3
WARMUP_STEPS = 200


def shapes(vocab):
    """GGUF's tensor names with their shapes, rows first."""
    every = {"token_embd.weight": (vocab, DIM)}
    for i in range(LAYERS):
        block = f"blk.{i}."
        every[block + "attn_norm.weight"] = (DIM,)
        every[block + "attn_q.weight"] = (HEADS * HEAD_DIM, DIM)
        every[block + "attn_k.weight"] = (KV_HEADS * HEAD_DIM, DIM)
        every[block + "attn_v.weight"] = (KV_HEADS * HEAD_DIM, DIM)
        every[block + "attn_output.weight"] = (DIM, HEADS * HEAD_DIM)
        every[block + "ffn_norm.weight"] = (DIM,)
        every[block + "ffn_gate.weight"] = (FF, DIM)
        every[block + "ffn_up.weight"] = (FF, DIM)
        every[block + "ffn_down.weight"] = (DIM, FF)
    every["output_norm.weight"] = (DIM,)
    return every


def initial(vocab, seed):
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes(vocab).items():
        if len(shape) == 1:
            weights[name] = torch.ones(shape)
            continue
        deep = name.endswith(("attn_output.weight", "ffn_down.weight"))
        spread = 0.1 if name == "token_embd.weight" else shape[1] ** -0.5
        scale = spread / math.sqrt(2 * LAYERS) if deep else spread
        weights[name] = torch.randn(shape, generator=generator) * scale
    return {n: w.requires_grad_() for n, w in weights.items()}


def rms_norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * weight


def rope_table(length):
    """cos and sin for each position and each pair of neighbours."""
    inverse = ROPE_BASE ** (-torch.arange(0, HEAD_DIM, 2).float() / HEAD_DIM)
    angle = torch.arange(length).float()[:, None] * inverse
    return angle.cos(), angle.sin()


def rope(x, table):
    """Turns the pairs (0, 1), (2, 3), ... of each head: the order that GGUF's llama stores."""
    cos, sin = (t[: x.shape[-2]] for t in table)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


def heads(x, weight, count):
    batch, length, _ = x.shape
    return F.linear(x, weight).view(batch, length, count, HEAD_DIM).transpose(1, 2)


def logits(weights, ids, table, mask):
    """ids is [batch, length]; mask holds -inf above the diagonal."""
    batch, length = ids.shape
    x = F.embedding(ids, weights["token_embd.weight"])
    for i in range(LAYERS):
        w = {n: weights[f"blk.{i}.{n}.weight"] for n in BLOCK}
        h = rms_norm(x, w["attn_norm"])
        q = rope(heads(h, w["attn_q"], HEADS), table) * HEAD_DIM**-0.5
        k = rope(heads(h, w["attn_k"], KV_HEADS), table).repeat_interleave(HEADS // KV_HEADS, 1)
        v = heads(h, w["attn_v"], KV_HEADS).repeat_interleave(HEADS // KV_HEADS, 1)
        seen = torch.softmax(q @ k.transpose(-1, -2) + mask[:length, :length], -1) @ v
        x = x + F.linear(seen.transpose(1, 2).reshape(batch, length, -1), w["attn_output"])
        h = rms_norm(x, w["ffn_norm"])
        gated = F.silu(F.linear(h, w["ffn_gate"])) * F.linear(h, w["ffn_up"])
        x = x + F.linear(gated, w["ffn_down"])
    return F.linear(rms_norm(x, weights["output_norm.weight"]), weights["token_embd.weight"])


def importance(known, focus):
    """What each piece counts in the loss: `focus` for those that names, objects and places are made of."""
    counts = torch.ones(len(known.pieces))
    for word in words.NAMES + words.OBJECTS + words.KINDS + words.PLACES:
        counts[list(known.encode(word))] = focus
    return counts


def rows():
    """Every training story as BOS, ids, EOS."""
    known = vocabulary.vocabulary()
    for told in stories.training_set():
        row = [vocabulary.BOS, *known.encode(told.text), vocabulary.EOS]
        assert len(row) <= CONTEXT, told.text
        yield numpy.array(row, dtype=numpy.int16)


def batches(every, seed):
    """Batches without end: one story per row, padded with -1, rows of about the same length."""
    order = list(range(len(every)))
    rng = random.Random(seed)
    while True:
        rng.shuffle(order)
        for start in range(0, len(order) - 16 * BATCH + 1, 16 * BATCH):
            group = sorted(order[start : start + 16 * BATCH], key=lambda i: len(every[i]))
            cuts = [group[i : i + BATCH] for i in range(0, len(group), BATCH)]
            rng.shuffle(cuts)
            for cut in cuts:
                width = max(len(every[i]) for i in cut)
                batch = torch.full((BATCH, width), -1, dtype=torch.long)
                for line, i in zip(batch, cut):
                    line[: len(every[i])] = torch.from_numpy(every[i].astype(numpy.int64))
                yield batch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--checkpoint", required=True, help="written every five minutes, and last")
    parser.add_argument("--threads", type=int, default=2, help="one is faster beside other work")
    parser.add_argument("--resume", help="a checkpoint to start from, with a fresh optimizer")
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="the highest learning rate")
    parser.add_argument("--focus", type=float, default=1.0, help="what pieces of names, objects and places count in the loss")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(stories.SEED)

    every = list(rows())
    vocab = len(vocabulary.vocabulary().pieces)
    weights = initial(vocab, stories.SEED)
    if options.resume:
        weights = {n: w.requires_grad_() for n, w in torch.load(options.resume).items()}
    print(f"{len(every)} stories, {vocab} pieces, {sum(map(torch.numel, weights.values()))} weights")
    matrices = [w for w in weights.values() if w.dim() > 1]
    norms = [w for w in weights.values() if w.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": norms, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))
    table = rope_table(CONTEXT)
    counts = importance(vocabulary.vocabulary(), options.focus)
    mask = torch.full((CONTEXT, CONTEXT), -math.inf).triu(1)

    begun = saved = time.monotonic()
    seconds = options.minutes * 60
    mean, tokens = 0.0, 0
    for step, batch in enumerate(batches(every, stories.SEED), 1):
        elapsed = time.monotonic() - begun
        done = elapsed >= seconds
        if done or time.monotonic() - saved > 300:
            saved = time.monotonic()
            torch.save({n: w.detach() for n, w in weights.items()}, options.checkpoint)
        if done:
            break
        rate = options.rate * min(1, step / WARMUP_STEPS) * (1 + math.cos(math.pi * elapsed / seconds)) / 2
        for group in optimizer.param_groups:
            group["lr"] = rate
        inputs = batch[:, :-1].clamp(min=0)
        predicted = logits(weights, inputs, table, mask)
        loss = F.cross_entropy(predicted.flatten(0, 1), batch[:, 1:].flatten(), counts, ignore_index=-1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        tokens += int((batch[:, 1:] >= 0).sum())
        mean = loss.item() if step == 1 else 0.98 * mean + 0.02 * loss.item()
        if step % 25 == 0:
            at = f"step {step}  minute {elapsed / 60:.1f}  tokens {tokens}"
            print(f"{at}  loss {mean:.4f}  rate {rate:.5f}", flush=True)
    print(f"done: {step - 1} steps, {tokens} tokens, loss {mean:.4f}")


if __name__ == "__main__":
    main()
