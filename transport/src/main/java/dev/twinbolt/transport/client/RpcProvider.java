package dev.twinbolt.transport.client;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.DeviceProvider;
import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import java.util.ArrayList;
import java.util.List;

/// The devices behind the endpoints that the caller names, in that order; a server may have
/// several.
public final class RpcProvider implements DeviceProvider {
    /// More devices than any machine has, so that a reply is not believed without end.
    private static final int MAX_DEVICES = 64;

    @Override
    public String kind() {
        return "RPC";
    }

    @Override
    public List<Device> open(DeviceConfig config) {
        List<Device> devices = new ArrayList<>();
        try {
            for (String endpoint : config.endpoints()) {
                openServer(Endpoint.parse(endpoint), devices);
            }
            return devices;
        } catch (RuntimeException e) {
            devices.forEach(Device::close);
            throw e;
        }
    }

    private static void openServer(Endpoint endpoint, List<Device> devices) {
        Server server = new Server(endpoint);
        try (ServerConnection connection = server.use()) {
            int count = ((Reply.Count) connection.askFirst(new Request.DeviceCount())).devices();
            if (count < 1 || count > MAX_DEVICES) {
                throw new DeviceException.Unavailable(
                        "%s says that it has %s devices, expected 1 to %d"
                                .formatted(endpoint, Integer.toUnsignedString(count), MAX_DEVICES));
            }
            for (int i = 0; i < count; i++) {
                devices.add(RemoteDevice.open(devices.size(), server, i));
            }
        }
    }

    @Override
    public String unavailableReason(DeviceConfig config) {
        return config.endpoints().isEmpty() ? "no remote device was named (--rpc host:port)" : "";
    }
}
