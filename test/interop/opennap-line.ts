// A client by hand: one connection to a server of the Napster family, in the messages of the wire.
import { connect, type Socket } from "node:net";
import { eventually } from "../support/eventually.ts";

const HEAD_BYTES = 4;
const ANSWER_SECONDS = 10;

export interface HeardMessage {
  readonly type: number;
  readonly text: string;
}

export interface LineOptions {
  readonly nick: string;
  /** The address that it connects from; a client on 127.0.0.1 would be reported as its server. */
  readonly from: string;
  readonly password?: string;
  /** Where it would take peers; 0: nowhere. */
  readonly port?: number;
}

export class NapsterLine {
  readonly nick: string;
  readonly heard: HeardMessage[] = [];
  /** The server has hung up. */
  isClosed = false;
  private readonly socket: Socket;
  private rest = Buffer.alloc(0);

  /** Connects and logs in; throws with what the server says where it is refused. */
  static async login(endpoint: string, options: LineOptions): Promise<NapsterLine> {
    const line = await NapsterLine.tryLogin(endpoint, options);
    if (!line.heard.some(({ type }) => type === 3)) throw new Error(`no login of ${options.nick}: ${line.transcript}`);
    return line;
  }

  /** Connects, and says nothing. */
  static async connect(endpoint: string, { nick, from }: LineOptions): Promise<NapsterLine> {
    const [host = "", port = ""] = endpoint.split(":");
    const socket = connect({ host, port: Number(port), localAddress: from, noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new NapsterLine(socket, nick);
  }

  /** Connects and asks to be let in; what comes of it is in `heard`. */
  static async tryLogin(endpoint: string, options: LineOptions): Promise<NapsterLine> {
    const line = await NapsterLine.connect(endpoint, options);
    line.send(2, `${options.nick} ${options.password ?? "pw"} ${options.port ?? 6699} "by hand" 4`);
    await eventually(`an answer to the login of ${options.nick}`, ANSWER_SECONDS, () =>
      line.isClosed || line.heard.some(({ type }) => type === 214) ? true : undefined,
    );
    return line;
  }

  private constructor(socket: Socket, nick: string) {
    this.socket = socket;
    this.nick = nick;
    socket.on("data", (chunk) => this.take(chunk));
    socket.on("close", () => (this.isClosed = true));
    socket.on("error", () => {});
  }

  /** What it has heard so far, to be given to `until`. */
  get count(): number {
    return this.heard.length;
  }

  get transcript(): string {
    return this.heard.map(({ type, text }) => `${type} ${text}`).join("\n");
  }

  send(type: number, text = ""): void {
    const bytes = Buffer.from(text, "latin1");
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt16LE(bytes.length, 0);
    head.writeUInt16LE(type, 2);
    this.socket.write(Buffer.concat([head, bytes]));
  }

  /** The text of the first message of this type that fits, among those that came after the first `since`. */
  async until(type: number, fits: (text: string) => boolean = () => true, since = 0): Promise<string> {
    const found = await eventually(
      `${this.nick} hears ${type}`,
      ANSWER_SECONDS,
      () => this.heard.slice(since).find((message) => message.type === type && fits(message.text)),
      () => this.transcript,
    );
    return found.text;
  }

  /** Says something and waits for an answer to it. */
  async ask(type: number, text: string, answer: number, fits?: (text: string) => boolean): Promise<string> {
    const since = this.count;
    this.send(type, text);
    return this.until(answer, fits, since);
  }

  /** Shares a file of which nobody will ever ask the bytes. */
  share(path: string): void {
    this.send(100, `"${path}" ${"0".repeat(32)} 100000 128 44100 10`);
  }

  /** Paths that a search finds, sorted, with who has them. */
  async search(words: string, max = 100): Promise<string[]> {
    const since = this.count;
    this.send(200, `FILENAME CONTAINS "${words}" MAX_RESULTS ${max}`);
    await this.until(202, undefined, since);
    const hits = this.heard.slice(since).filter(({ type }) => type === 201);
    return hits.map(({ text }) => text.replace(/^"([^"]*)" \S+ \d+ \d+ \d+ \d+ (\S+).*$/, "$1 of $2")).sort();
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.rest.readUInt16LE(0);
      if (this.rest.length < end) return;
      this.heard.push({ type: this.rest.readUInt16LE(2), text: this.rest.toString("latin1", HEAD_BYTES, end) });
      this.rest = this.rest.subarray(end);
    }
  }
}
