// A client made by hand for tests: it writes bytes to a socket and cuts what comes into messages. It shares no code with ours but
// the numbers.
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export class RawClient {
  readonly socket: Socket;
  /** Of the last `ask`: how many pieces came. */
  reads = 0;
  private buffer = Buffer.alloc(0);
  private readonly messages: string[] = [];
  private isClosed = false;
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
      this.wake();
    });
  }

  /** @param place `ip:port`. @param localAddress Where it comes from. */
  static connect(place: string, { isTls = false, localAddress = "127.0.0.1" } = {}): Promise<RawClient> {
    const [host = "", port = ""] = place.split(":");
    return new Promise((resolve, reject) => {
      const options = { host, port: Number(port), localAddress };
      const done = (): void => {
        socket.off("error", reject);
        resolve(new RawClient(socket));
      };
      const socket: Socket = isTls
        ? connectTls({ ...options, rejectUnauthorized: false }, done)
        : connectTcp(options, done);
      socket.once("error", reject);
    });
  }

  send(type: number, text = ""): void {
    const payload = Buffer.from(text, "latin1");
    const head = Buffer.alloc(4);
    head.writeUInt16LE(payload.length, 0);
    head.writeUInt16LE(type, 2);
    this.socket.write(Buffer.concat([head, payload]));
  }

  /** All messages up to the first of this type, as `type text`, or to the end of the stream. */
  async until(type: number): Promise<string[]> {
    for (;;) {
      const end = this.messages.findIndex((message) => message.startsWith(`${type} `));
      if (end >= 0) return this.messages.splice(0, end + 1);
      if (this.isClosed) return this.messages.splice(0);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async ask(type: number, text: string, answer: number): Promise<string[]> {
    this.reads = 0;
    this.send(type, text);
    return this.until(answer);
  }

  /** Everything that came until the server hung up. */
  async end(): Promise<string[]> {
    while (!this.isClosed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.messages.splice(0);
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.reads++;
    this.buffer = Buffer.concat([this.buffer, chunk]);
    while (this.buffer.length >= 4) {
      const end = 4 + this.buffer.readUInt16LE(0);
      if (this.buffer.length < end) break;
      this.messages.push(`${this.buffer.readUInt16LE(2)} ${this.buffer.toString("latin1", 4, end)}`);
      this.buffer = this.buffer.subarray(end);
    }
    this.wake();
  }
}
