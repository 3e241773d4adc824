package dev.twinbolt.bench;

import dev.twinbolt.cli.LinkText;
import dev.twinbolt.cli.LocalNode;
import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.link.EmulatedLink;
import dev.twinbolt.transport.link.LinkTraits;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// The nodes of a test: those that were there, those that it starts on this machine, and before
/// each of them an emulated link, where one is asked for.
final class Cluster implements AutoCloseable {
    /// Stands for a link that is not emulated.
    static final String NO_LINK = "none";

    /// @param endpoints of nodes that are there
    /// @param nodes how many more are started
    /// @param nodeThreads of each of these, 0 where there are none
    /// @param link to each node, as `--link` gives it, or [#NO_LINK]
    record Shape(List<String> endpoints, int nodes, int nodeThreads, String link) {
        static final Shape LOCAL = new Shape(List.of(), 0, 0, NO_LINK);

        Shape {
            endpoints = List.copyOf(endpoints);
        }

        /// Refuses a link that cannot be, and leaves out what nothing comes of.
        static Shape of(List<String> endpoints, int nodes, int nodeThreads, String link) {
            boolean isLink = !link.equals(NO_LINK);
            if (isLink) {
                LinkText.parse(link);
                endpoints.forEach(Endpoint::parse);
            }
            return new Shape(
                    endpoints,
                    nodes,
                    nodes == 0 ? 0 : nodeThreads,
                    isLink && nodes + endpoints.size() > 0 ? link : NO_LINK);
        }
    }

    private final List<String> endpoints = new ArrayList<>();
    private final Deque<Runnable> endings = new ArrayDeque<>();

    private Cluster() {}

    static Cluster start(Shape shape) throws IOException, InterruptedException {
        Cluster cluster = new Cluster();
        try {
            for (String endpoint : shape.endpoints()) {
                cluster.add(endpoint, shape.link());
            }
            for (int i = 0; i < shape.nodes(); i++) {
                LocalNode node = LocalNode.start(shape.nodeThreads());
                cluster.endings.push(node::close);
                cluster.add(node.endpoint(), shape.link());
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    private void add(String endpoint, String link) throws IOException {
        if (link.equals(NO_LINK)) {
            endpoints.add(endpoint);
            return;
        }
        EmulatedLink emulated =
                EmulatedLink.start(
                        LinkTraits.of(LinkText.parse(link)),
                        "127.0.0.1",
                        0,
                        Endpoint.parse(endpoint),
                        _ -> {});
        endings.push(emulated::close);
        endpoints.add("127.0.0.1:" + emulated.port());
    }

    /// What a host connects to, in the order of the nodes.
    List<String> endpoints() {
        return List.copyOf(endpoints);
    }

    @Override
    public void close() {
        endings.forEach(Runnable::run);
    }
}
