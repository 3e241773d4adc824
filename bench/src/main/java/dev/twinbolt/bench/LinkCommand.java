package dev.twinbolt.bench;

import dev.twinbolt.cli.LinkText;
import dev.twinbolt.cli.Quantity;
import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.link.EmulatedLink;
import dev.twinbolt.transport.link.LinkTraits;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `engine-bench link`: a slow, narrow or broken cable where there is none.
@Command(
        name = "link",
        description = {
            "Stands between a host and a node as a link of a given speed would, until it is ended.",
            "Passes on any TCP connection; all of them share the link."
        },
        footer = {"", "Try:  engine-bench link --to 127.0.0.1:50052 --link \"1ms, 10Gbit\""},
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class LinkCommand implements Callable<Integer> {
    @Option(
            names = "--to",
            paramLabel = "HOST:PORT",
            required = true,
            description = "the node that it leads to")
    private String target = "";

    @Option(
            names = {"-H", "--host"},
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "address to listen on (${DEFAULT-VALUE})")
    private String host = "";

    @Option(
            names = {"-p", "--port"},
            paramLabel = "PORT",
            defaultValue = "0",
            description = "port to listen on; 0 for any free one (${DEFAULT-VALUE})")
    private int port;

    @Option(
            names = "--link",
            paramLabel = "TEXT",
            required = true,
            description = "round trip, and throughput in each direction, such as \"1ms, 10Gbit\"")
    private String link = "";

    @Option(
            names = "--jitter",
            paramLabel = "TIME",
            description = "the most that a round trip takes longer, by chance, such as 0.1ms")
    private @Nullable String jitter;

    @Option(
            names = "--stall",
            paramLabel = "TEXT",
            description =
                    "nothing arrives for a time, and then all does; such as \"50ms every 2s\", on"
                            + " average")
    private @Nullable String stall;

    @Option(
            names = "--cut",
            paramLabel = "TEXT",
            description =
                    "all is lost for a time, and nobody told; such as \"3s every 60s\", on average")
    private @Nullable String cut;

    @Option(
            names = {"-s", "--seed"},
            paramLabel = "N",
            defaultValue = "0",
            description = "seed of what is left to chance (${DEFAULT-VALUE})")
    private long seed;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException(
                    "-p %d: expected a port from 0 to 65535".formatted(port));
        }
        if (host.isBlank()) { // which would be some address
            throw new IllegalArgumentException(
                    "-H '%s': expected an address to listen on".formatted(host));
        }
        if (spec == null) {
            throw new IllegalStateException("called by other than picocli");
        }
        PrintWriter err = spec.commandLine().getErr();
        String name = spec.qualifiedName();
        Endpoint to = Endpoint.parse(target);
        try (EmulatedLink emulated =
                EmulatedLink.start(
                        traits(), host, port, to, line -> err.printf("%s: %s%n", name, line))) {
            err.printf(
                    "%s: listening on %s for %s: %s%n",
                    name, new Endpoint(host, emulated.port()), to, link);
            new CountDownLatch(1).await();
        }
        return 0;
    }

    private LinkTraits traits() {
        double jitterSeconds =
                jitter == null ? 0 : Quantity.TIME.read("--jitter " + jitter, jitter);
        return new LinkTraits(
                LinkText.parse(link),
                jitterSeconds,
                outages("--stall", stall),
                outages("--cut", cut),
                seed);
    }

    private static LinkTraits.Outages outages(String option, @Nullable String text) {
        if (text == null) {
            return LinkTraits.Outages.NONE;
        }
        String[] parts = text.split(" every ", -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException(
                    "%s %s: expected a form such as \"50ms every 2s\"".formatted(option, text));
        }
        String where = option + " " + text;
        return new LinkTraits.Outages(
                Quantity.TIME.read(where, parts[0]), Quantity.TIME.read(where, parts[1]));
    }
}
