package dev.twinbolt.transport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;

/// One connection over the link: two sockets of the relay, and what each has received is sent over
/// a wire to the other. Once something of it was lost nothing more arrives, as no TCP delivers what
/// lies behind a gap. All of it happens on the event loop's thread.
final class Tunnel {
    /// The least that may be under way in one direction before no more is read.
    private static final long LEAST_WINDOW_BYTES = 1 << 18;

    private static final long MOST_WINDOW_BYTES = 64 << 20;

    /// How long a busy relay may not look after a socket, and the wire is busy all the same.
    private static final double SLACK_SECONDS = 0.005;

    private final long windowBytes;
    private final End near;
    private final End far;
    private boolean isSevered;

    /// Between `near` and `far`; `up` carries what the first has received, `down` what the other.
    Tunnel(SocketChannel near, SocketChannel far, Wire up, Wire down, LinkTraits traits) {
        double seconds = traits.speed().roundTripSeconds() / 2 + SLACK_SECONDS;
        double fill = traits.speed().bytesPerSecond() * seconds;
        this.windowBytes = (long) Math.clamp(fill, LEAST_WINDOW_BYTES, MOST_WINDOW_BYTES);
        this.near = new End(near, up);
        this.far = new End(far, down);
    }

    /// Handles what the first socket receives.
    ChannelInboundHandlerAdapter near() {
        return near;
    }

    /// Handles what the other one receives.
    ChannelInboundHandlerAdapter far() {
        return far;
    }

    /// Whatever is received from now on is lost.
    void sever() {
        isSevered = true;
    }

    /// Ends the connection to the first one's peer, as the other one has none.
    void refuse() {
        near.reset();
    }

    private End opposite(End end) {
        return end == near ? far : near;
    }

    /// One of the two sockets.
    private final class End extends ChannelInboundHandlerAdapter {
        private final SocketChannel channel;
        private final Wire wire;

        /// Received here, and not yet taken by the other one's peer.
        private long underWayBytes;

        private boolean hasSaidAll;
        private boolean hasHeardAll;

        End(SocketChannel channel, Wire wire) {
            this.channel = channel;
            this.wire = wire;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = compact((ByteBuf) message);
            if (isSevered) {
                bytes.release();
                return;
            }
            count(bytes.readableBytes());
            wire.send(new Bytes(this, bytes));
        }

        /// Few bytes do not hold on to the memory of many.
        private ByteBuf compact(ByteBuf bytes) {
            int size = bytes.readableBytes();
            if (size > bytes.capacity() / 2) {
                return bytes;
            }
            try {
                return channel.alloc().directBuffer(size).writeBytes(bytes);
            } finally {
                bytes.release();
            }
        }

        private void count(int bytes) {
            underWayBytes += bytes;
            boolean isFull = underWayBytes >= windowBytes;
            if (isFull || underWayBytes <= windowBytes / 2) {
                channel.config().setAutoRead(!isFull);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent && !isSevered) {
                hasSaidAll = true;
                wire.send(new Signal(opposite(this)::finish));
                closeIfDone();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // and then it is inactive
        }

        /// Where it is not this relay that ended it, its peer did, and not as one should.
        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (!isSevered && !(hasSaidAll && hasHeardAll)) {
                wire.send(new Signal(opposite(this)::reset));
            }
        }

        /// The other one's peer has no more to say.
        void finish() {
            // In a row behind the bytes that are still being written.
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(_ -> channel.shutdownOutput().addListener(_ -> heardAll()));
        }

        private void heardAll() {
            hasHeardAll = true;
            closeIfDone();
        }

        private void closeIfDone() {
            if (hasSaidAll && hasHeardAll) {
                channel.close();
            }
        }

        void reset() {
            hasSaidAll = true;
            hasHeardAll = true;
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    private final class Bytes implements Wire.Parcel {
        private final End from;
        private final ByteBuf bytes;
        private final int size;

        Bytes(End from, ByteBuf bytes) {
            this.from = from;
            this.bytes = bytes;
            this.size = bytes.readableBytes();
        }

        @Override
        public int sizeBytes() {
            return size;
        }

        @Override
        public void arrive() {
            opposite(from).channel.write(bytes).addListener(_ -> from.count(-size));
        }

        @Override
        public void flush() {
            opposite(from).channel.flush();
        }

        @Override
        public void lose() {
            bytes.release();
            from.count(-size);
            sever();
        }
    }

    /// The end of a stream, which carries no bytes of its own.
    private final class Signal implements Wire.Parcel {
        private final Runnable onArrival;

        Signal(Runnable onArrival) {
            this.onArrival = onArrival;
        }

        @Override
        public int sizeBytes() {
            return 0;
        }

        @Override
        public void arrive() {
            onArrival.run();
        }

        @Override
        public void flush() {}

        @Override
        public void lose() {
            sever();
        }
    }
}
