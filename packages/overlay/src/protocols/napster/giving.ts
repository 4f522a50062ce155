// The giving side of a client: who may come for a file or for our list, and to whom we bring one. Servers tell of them; whoever runs
// us says whether there is a place.
import { endpointOf } from "../../base/ipv4.ts";
import type { Address, Host } from "../../host/host.ts";
import { Announcements } from "./announcements.ts";
import type { NapsterUploads } from "./client-options.ts";
import { FieldReader, ipv4OfField, quote, wholeNumber } from "./fields.ts";
import { type Message, MESSAGE } from "./messages.ts";
import type { Session } from "./session.ts";

/** A user whom nobody can dial wants a file of ours: we connect to him and send. */
export interface PushOrder {
  readonly nick: string;
  readonly address: Address;
  readonly path: string;
  /** Our own name at the server that told it. */
  readonly ownNick: string;
}

export interface GivingOutput {
  send(session: Session, message: Message): void;
  onPush(order: PushOrder): void;
  onBrowsePush(nick: string, address: Address, ownNick: string): void;
  /** Whether an address that a server told us may be dialled. */
  accepts(address: Address): boolean;
}

export interface GivingCounters {
  malformed: number;
  uploadRequests: number;
  pushes: number;
}

export class Giving {
  private readonly host: Host;
  private readonly uploads: NapsterUploads;
  private readonly output: GivingOutput;
  private readonly counters: GivingCounters;
  private readonly announcements = new Announcements();
  /** Those who may have our list. */
  private readonly listAnnouncements = new Announcements();

  constructor(host: Host, uploads: NapsterUploads, output: GivingOutput, counters: GivingCounters) {
    this.host = host;
    this.uploads = uploads;
    this.output = output;
    this.counters = counters;
  }

  /** Whether a server told us that this user comes for this file, and we agreed. */
  isAnnounced(nick: string, path: string): boolean {
    return this.announcements.has(nick, path, this.host.now());
  }

  /** Whether a server told us of somebody who comes for our list; whoever comes does not say who he is. */
  get isListAnnounced(): boolean {
    return this.listAnnouncements.hasAny(this.host.now());
  }

  /** `asker "path"`. */
  onUploadRequest(session: Session, text: string): void {
    const fields = new FieldReader(text);
    const nick = fields.next();
    const path = fields.next();
    if (nick === undefined || path === undefined) {
      this.counters.malformed++;
      return;
    }
    this.counters.uploadRequests++;
    const verdict = this.uploads.request(nick, path);
    const asked = `${nick} ${quote(path)}`;
    switch (verdict.kind) {
      case "accepted":
        this.announcements.add(nick, path, this.host.now());
        return this.output.send(session, { type: MESSAGE.uploadAccepted, text: asked });
      case "full":
        return this.output.send(session, { type: MESSAGE.queueFull, text: `${asked} ${verdict.slots}` });
      case "unavailable":
        return this.output.send(session, { type: MESSAGE.uploadRefused, text: asked });
    }
  }

  /** `asker ip port "path" md5 speed`. */
  onPush(session: Session, text: string): void {
    const fields = new FieldReader(text);
    const nick = fields.next();
    const ip = ipv4OfField(fields.next());
    const port = wholeNumber(fields.next(), PORT_MAX);
    const path = fields.next();
    if (nick === undefined || ip === undefined || port === undefined || path === undefined || port === 0) {
      this.counters.malformed++;
      return;
    }
    const address = endpointOf(ip, port);
    // Nobody makes us call strangers: we go only where we agreed to go.
    if (!this.isAnnounced(nick, path) || !this.output.accepts(address)) return;
    this.counters.pushes++;
    this.output.onPush({ nick, address, path, ownNick: session.nick });
  }

  /** `asker`, and where he listens if he cannot come to us. */
  onBrowseDirect(session: Session, text: string): void {
    const fields = new FieldReader(text);
    const nick = fields.next();
    if (nick === undefined) return;
    const ip = ipv4OfField(fields.next());
    const port = wholeNumber(fields.next(), PORT_MAX);
    this.listAnnouncements.add(nick, "", this.host.now());
    this.output.send(session, { type: MESSAGE.browseDirectAccepted, text: nick });
    if (ip === undefined || port === undefined || port === 0) return;
    const address = endpointOf(ip, port);
    if (this.output.accepts(address)) this.output.onBrowsePush(nick, address, session.nick);
  }
}

const PORT_MAX = 0xffff;
