package dev.twinbolt.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.Main;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/// `engine-bench jmh`: JMH's own main program, which reads all arguments itself.
@Command(
        name = "jmh",
        description = "Runs the microbenchmarks; the arguments are JMH's (-h lists them).")
final class JmhCommand implements Callable<Integer> {
    @Unmatched private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        Main.main(arguments.toArray(String[]::new));
        return 0;
    }
}
