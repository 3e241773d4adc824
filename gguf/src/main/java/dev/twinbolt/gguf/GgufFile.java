package dev.twinbolt.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A model's file, or all files of a split model, mapped into memory. What it says of itself is
/// verified when it is opened: whoever has a `GgufFile` has tensors that lie inside it.
public final class GgufFile implements AutoCloseable {
    private final List<Part> parts;
    private final Map<String, TensorInfo> tensors;
    private final boolean hasData;

    private GgufFile(List<Part> parts, Map<String, TensorInfo> tensors, boolean hasData) {
        this.parts = parts;
        this.tensors = tensors;
        this.hasData = hasData;
    }

    /// Opens the file at `path`, and with the first file of a split model the others. Throws
    /// [GgufException].
    public static GgufFile open(Path path) {
        return open(path, true);
    }

    /// Opens a file whose tensor data may be absent: only metadata and tensor infos can be had.
    public static GgufFile openHeader(Path path) {
        return open(path, false);
    }

    private static GgufFile open(Path path, boolean withData) {
        List<Part> parts = new ArrayList<>();
        HeapBudget budget = new HeapBudget();
        try {
            parts.add(Part.open(path, 0, withData, budget));
            Metadata metadata = parts.getFirst().header().metadata();
            SplitName split = SplitName.of(path, metadata);
            for (int i = 1; i < split.count(); i++) {
                Part part = Part.open(split.path(i), i, withData, budget);
                parts.add(part);
                split.checkPart(part.header().metadata(), i);
            }
            return new GgufFile(parts, tensors(path, parts, metadata), withData);
        } catch (RuntimeException | Error e) {
            parts.forEach(Part::close);
            throw e;
        }
    }

    private static Map<String, TensorInfo> tensors(Path path, List<Part> parts, Metadata metadata) {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        for (Part part : parts) {
            for (TensorInfo tensor : part.header().tensors()) {
                if (tensors.put(tensor.name(), tensor) != null) {
                    throw new GgufException(
                            "%s: tensor %s is in another file of this model too"
                                    .formatted(part.path(), tensor.name()),
                            -1);
                }
            }
        }
        long expected = metadata.integer("split.tensors.count", tensors.size());
        if (parts.size() > 1 && expected != tensors.size()) {
            throw new GgufException(
                    "%s: expected %d tensors in %d files, got %d"
                            .formatted(path, expected, parts.size(), tensors.size()),
                    -1);
        }
        return tensors;
    }

    /// The path of the first file.
    public Path path() {
        return parts.getFirst().path();
    }

    public int version() {
        return parts.getFirst().header().version();
    }

    /// The metadata of the first file, which holds the model's.
    public Metadata metadata() {
        return parts.getFirst().header().metadata();
    }

    /// In the order of the files.
    public List<TensorInfo> tensors() {
        return Collections.unmodifiableList(new ArrayList<>(tensors.values()));
    }

    public Optional<TensorInfo> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /// Throws [GgufException] where there is none of that name.
    public TensorInfo tensor(String name) {
        return find(name)
                .orElseThrow(
                        () -> new GgufException("%s has no tensor %s".formatted(path(), name), -1));
    }

    /// The tensor's bytes in the mapping, read-only and without a copy. If the file is cut later,
    /// touching them raises [InternalError]; [#read] and [#checkIntact()] say it as a
    /// [GgufException].
    public MemorySegment data(TensorInfo tensor) {
        requireData();
        return parts.get(tensor.part()).slice(tensor);
    }

    /// Copies the tensor's bytes from `offset` on until `target` is full.
    public void read(TensorInfo tensor, long offset, MemorySegment target) {
        requireData();
        parts.get(tensor.part()).read(tensor, offset, target);
    }

    /// Tells one model from another without reading all of it: the SHA-256, 64 hexadecimal digits,
    /// of what the files say of themselves and of 256 bytes from the middle of each tensor. A model
    /// that was trained further, or converted otherwise, has another one.
    public String fingerprint() {
        requireData();
        return Fingerprint.of(parts, tensors.values());
    }

    /// Throws [GgufException] where a file is now shorter than when it was opened.
    public void checkIntact() {
        parts.forEach(Part::checkIntact);
    }

    private void requireData() {
        if (!hasData) {
            throw new IllegalStateException(path() + " was opened for its header alone");
        }
    }

    @Override
    public void close() {
        parts.forEach(Part::close);
    }
}
