package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.NodeLossPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class NodeLossOptionsTest {
    private static NodeLossOptions options(String... args) {
        return CommandLine.populateCommand(new NodeLossOptions(), args);
    }

    @ParameterizedTest
    @CsvSource({"fail, FAIL", "wait, WAIT", "replan, REPLAN"})
    void everyPolicyHasItsName(String name, NodeLossPolicy policy) {
        assertEquals(policy, options("--on-node-loss", name).policy());
    }

    @Test
    void withoutAPolicyALossIsAFailure() {
        assertEquals(NodeLossPolicy.FAIL, options().policy());
        assertThrows(UsageException.class, () -> options("--on-node-loss", "WAIT").policy());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "NaN", "86401"})
    void aReplyTimeoutThatIsNoneIsRefused(String seconds) {
        NodeLossOptions options = options("--reply-timeout", seconds);
        assertThrows(UsageException.class, () -> options.apply(Engine.builder()));
    }
}
