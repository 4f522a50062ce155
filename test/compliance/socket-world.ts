// Real sockets on loopback, as a world for the compliance suite.
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Listener, type ListenerHandler } from "servent/runtime/listener.ts";
import { SocketHost } from "servent/runtime/socket-host.ts";
import { SocketStreamPort } from "servent/runtime/socket-stream-port.ts";
import type { ComplianceWorld } from "./host-compliance.ts";
import { Recorder } from "./recorder.ts";
import { testCodec, type TestMessage } from "./test-protocol.ts";

/** Nothing here takes a second; a machine that is busy with other things may need some. */
const PATIENCE_MS = 20_000;

export function socketWorld(): ComplianceWorld {
  const endings: (() => Promise<void>)[] = [];
  let peers = 0;

  const makePeer = async (
    take: (port: SocketStreamPort<TestMessage>) => ListenerHandler["take"],
  ): Promise<Recorder> => {
    const host = `127.0.0.${++peers + 1}`;
    let taker: ListenerHandler["take"] | undefined;
    const handler: ListenerHandler = { prefix: "", take: (socket, head) => taker?.(socket, head) };
    const listener = await Listener.open({ host, port: 0, handlers: [handler] });
    const clock = new SocketHost();
    const port = new SocketStreamPort(testCodec, { self: listener.address, localAddress: host });
    taker = take(port);
    const recorder = new Recorder(clock, port);
    clock.attach(recorder);
    port.attach(recorder);
    endings.push(async () => {
      clock.stop();
      listener.close();
      await port.stop("the test is over");
    });
    return recorder;
  };

  return {
    carriesBytes: true,
    markBytes: 96 * 1024,
    peer: () => makePeer((port) => (socket, head) => port.adopt(socket, head, true)),
    unreadPeer: async () => {
      const waiting: Socket[] = [];
      const streams: SocketStreamPort<TestMessage>[] = [];
      const recorder = await makePeer((port) => {
        streams.push(port);
        return (socket) => waiting.push(socket);
      });
      const read = () => {
        for (const socket of waiting) streams[0]?.adopt(socket, new Uint8Array(0), true);
      };
      return { recorder, read };
    },
    absent: async () => {
      const listener = await Listener.open({ host: "127.0.0.1", port: 0, handlers: [] });
      const { address } = listener;
      listener.close();
      return address;
    },
    until: async (condition) => {
      const end = performance.now() + PATIENCE_MS;
      while (!condition()) {
        if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${condition}`);
        await pause(1);
      }
    },
    finish: async () => {
      await Promise.all(endings.map((end) => end()));
    },
  };
}
