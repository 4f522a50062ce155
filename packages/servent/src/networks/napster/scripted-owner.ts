// Somebody else's client with a file, as a test wants it: near or far, fast or slow, dead, or not what a client should be. Speaks to
// the index server and to whoever comes with bytes of its own, so that our client is not its own measure.
import net from "node:net";
import { latin1Decode } from "@servent/overlay/base/bytes.ts";
import { encodeMessage } from "@servent/overlay/protocols/napster/codec.ts";
import { MESSAGE } from "@servent/overlay/protocols/napster/messages.ts";
import type { Endpoint } from "../network.ts";

export interface OwnerScript {
  readonly nick: string;
  /** An address on the loopback network. */
  readonly host: string;
  readonly server: Endpoint;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Behind the path when it registers: `md5 size bitrate frequency seconds`, and what else it claims. */
  readonly measures: string;
  /** 0: as fast as the line takes them. */
  readonly bytesPerSecond?: number;
  /** Before each of its words. */
  readonly delayMs?: number;
  /** Nobody listens where it says. */
  readonly isDead?: boolean;
  /** Instead of all that a client does with a caller. */
  readonly talk?: (socket: net.Socket) => void;
  /** What it answers when it is asked for the file; nothing: `accepted`. */
  readonly answer?: (asker: string, path: string) => { readonly type: number; readonly text: string } | undefined;
}

export interface ScriptedOwner {
  readonly port: number;
  /** Bytes of the file that were handed over. */
  readonly given: () => number;
  /** Callers at the data port. */
  readonly callers: () => number;
  close(): void;
}

const TICK_MS = 20;

/** Resolves when the server has taken the log-in and the file. */
export async function startOwner(script: OwnerScript): Promise<ScriptedOwner> {
  let given = 0;
  let callers = 0;
  const sockets = new Set<net.Socket>();
  const dataPort = net.createServer((socket) => {
    callers++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    if (script.talk === undefined) serve(socket);
    else script.talk(socket);
  });
  await new Promise<void>((resolve) => dataPort.listen(0, script.host, resolve));
  const { port } = dataPort.address() as net.AddressInfo;
  if (script.isDead === true) dataPort.close();

  const serve = (socket: net.Socket): void => {
    const later = (act: () => void) => setTimeout(() => socket.destroyed || act(), script.delayMs ?? 0);
    later(() => socket.write("1"));
    let asked = "";
    socket.on("data", (bytes) => {
      asked += latin1Decode(bytes);
      const offset = /^GET\S+ ".*" (\d+)\n?$/.exec(asked)?.[1];
      if (offset !== undefined) later(() => give(socket, Number(offset)));
    });
  };
  const give = (socket: net.Socket, offset: number): void => {
    socket.write(String(script.bytes.length));
    const rate = script.bytesPerSecond ?? 0;
    if (rate === 0) {
      given += script.bytes.length - offset;
      socket.end(script.bytes.subarray(offset));
      return;
    }
    const chunk = Math.ceil((rate * TICK_MS) / 1000);
    let at = offset;
    const timer = setInterval(() => {
      if (socket.destroyed) return clearInterval(timer);
      const part = script.bytes.subarray(at, at + chunk);
      at += part.length;
      given += part.length;
      socket.write(part);
      if (at < script.bytes.length) return;
      clearInterval(timer);
      socket.end();
    }, TICK_MS);
  };

  const link = net.connect({ host: script.server.host, port: script.server.port, localAddress: script.host });
  link.on("error", () => link.destroy());
  const say = (type: number, text: string) => link.write(encodeMessage({ type, text }));
  const ready = new Promise<void>((resolve) => {
    let held = Buffer.alloc(0);
    link.on("data", (bytes) => {
      held = Buffer.concat([held, bytes]);
      while (held.length >= 4 && held.length >= 4 + held.readUInt16LE(0)) {
        const end = 4 + held.readUInt16LE(0);
        const type = held.readUInt16LE(2);
        const text = held.subarray(4, end).toString("latin1");
        held = held.subarray(end);
        if (type === MESSAGE.loginAccepted) {
          say(MESSAGE.share, `"${script.path}" ${script.measures}`);
          // Its answer says that everything before it was read.
          say(MESSAGE.serverPing, "");
        }
        if (type === MESSAGE.serverPing) resolve();
        if (type === MESSAGE.uploadRequest) {
          const [, asker = "", path = ""] = /^(\S+) "(.*)"/.exec(text) ?? [];
          const answer = script.answer?.(asker, path) ?? { type: MESSAGE.uploadAccepted, text: `${asker} "${path}"` };
          say(answer.type, answer.text);
        }
      }
    });
  });
  say(MESSAGE.login, `${script.nick} pw ${port} "Other 1.0" 0`);
  await ready;
  return {
    port,
    given: () => given,
    callers: () => callers,
    close: () => {
      link.destroy();
      dataPort.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
