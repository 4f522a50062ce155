// Giving: who may take files from us now, at what rate, and what it looks like to the user. Knows no protocol: a
// network's server asks for a slot, says what it sends, and stops when told to.
import { randomBytes } from "node:crypto";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { type Clock, rfc3339 } from "./clock.ts";
import { RateLimit, RateMeter } from "./rate-limit.ts";
import type { TransferView } from "./transfer.ts";

export interface UploadOptions {
  readonly clock: Clock;
  /** Uploads at once. */
  readonly activeUp: number;
  /** Uploads at once to one address. */
  readonly perPeer: number;
  /** Bytes per second for all uploads together; 0 is no limit. */
  readonly bytesPerSecond: number;
  readonly events: (type: string, data: TransferView) => void;
}

export interface UploadRequest {
  /** The other side in words, `127.0.0.5:51234`. */
  readonly peer: string;
  /** Its address: one peer asking for one file is one upload, however many requests it takes. */
  readonly host: string;
  /** Stands for the file. */
  readonly file: string;
  readonly name: string;
  readonly size: number;
  readonly urns: readonly string[];
}

/** Leave to send; give it back. */
export interface UploadSlot {
  /** Says that so many bytes are handed over now: they pay for the place. */
  sent(bytes: number): void;
  release(): void;
}

/** While others are refused, whoever holds a slot takes this many bytes per second, or loses it … */
const RATE_MIN = 1000;
/** … averaged over so long. */
const SLOT_GRACE_MS = 60_000;
/** No bytes pay for longer than this: it lets one large write go out at 3 kB/s. */
const SLOT_PAID_MS_MAX = 180_000;

/** A peer that pauses between two ranges is still the same upload. */
const LINGER_MS = 20_000;
/** Progress is told at most this often. */
const TICK_MS = 500;
/** Ended uploads kept for the history. */
const ENDED_MAX = 200;
/** Uploads in the table at once: slots bound those at work, this bounds those that linger. */
const LINGERING_MAX = 500;
/** When a peer without a slot is told to come back, give or take a third, so that they do not all come at once. */
const RETRY_AFTER_S = 45;

interface HeldSlot {
  /** Until then its holder may keep it though others are refused. */
  paidUntil: number;
  readonly end: () => void;
}

/** One peer taking one file. */
export class Upload {
  readonly id = `t_${base32Encode(randomBytes(10)).toLowerCase()}`;
  readonly request: UploadRequest;
  readonly meter: RateMeter;
  readonly addedAt: number;
  /** Requests being answered now, each with a way to cut it off. */
  readonly running = new Set<() => void>();
  changedAt: number;
  /** When the last request ended. */
  restedAt = 0;
  bytesSent = 0;
  toldBytes = 0;
  state: "active" | "done" | "cancelled" = "active";
  reason: "user" | "peer_gone" | null = null;

  constructor(request: UploadRequest, clock: Clock) {
    this.request = request;
    this.meter = new RateMeter(clock);
    this.addedAt = clock.now();
    this.changedAt = this.addedAt;
  }
}

export class Uploads {
  readonly rate: RateLimit;
  private readonly options: UploadOptions;
  private readonly perHost = new Map<string, number>();
  private readonly slots = new Set<HeldSlot>();
  /** Newest last. */
  private readonly active = new Map<string, Upload>();
  private readonly ended: Upload[] = [];
  /** Peer and file that the user does not want to serve, until the restart. */
  private readonly unwanted = new Set<string>();
  private stopTick: (() => void) | undefined = undefined;
  private activeUp: number;
  private perPeer: number;

  constructor(options: UploadOptions) {
    this.options = options;
    this.activeUp = options.activeUp;
    this.perPeer = options.perPeer;
    this.rate = new RateLimit(options.clock, options.bytesPerSecond);
  }

  /** Bytes per second for all uploads together; 0 is no limit. */
  setRate(bytesPerSecond: number): void {
    this.rate.setRate(bytesPerSecond);
  }

  setSlots(activeUp: number, perPeer: number): void {
    this.activeUp = activeUp;
    this.perPeer = perPeer;
  }

  /**
   * Undefined: none is free for this address now. `end` is called when the holder takes too little while others are
   * refused; it ends the connection, and so gives the slot back.
   */
  slot(host: string, end: () => void): UploadSlot | undefined {
    const mine = this.perHost.get(host) ?? 0;
    if (this.slots.size >= this.activeUp) this.endSlow();
    if (this.slots.size >= this.activeUp || mine >= this.perPeer) return undefined;
    const { clock } = this.options;
    const slot: HeldSlot = { paidUntil: clock.now() + SLOT_GRACE_MS, end };
    this.slots.add(slot);
    this.perHost.set(host, mine + 1);
    return {
      sent: (bytes) => {
        const paid = slot.paidUntil + (1000 * bytes) / this.rateMin;
        slot.paidUntil = Math.min(paid, clock.now() + SLOT_PAID_MS_MAX);
      },
      release: () => {
        if (!this.slots.delete(slot)) return;
        const left = (this.perHost.get(host) as number) - 1;
        if (left === 0) this.perHost.delete(host);
        else this.perHost.set(host, left);
      },
    };
  }

  get slotsFree(): number {
    return Math.max(0, this.activeUp - this.slots.size);
  }

  get slotsMax(): number {
    return this.activeUp;
  }

  /** Seconds after which a peer without a slot should ask again. */
  retryAfterSeconds(): number {
    return Math.round(RETRY_AFTER_S * (0.67 + Math.random() * 0.66));
  }

  /** Undefined: the user has cancelled this upload. `stop` is called when it is cancelled while the request is answered. */
  begin(request: UploadRequest, stop: () => void): Upload | undefined {
    const key = keyOf(request);
    if (this.unwanted.has(key)) return undefined;
    let upload = this.active.get(key);
    if (upload === undefined) {
      this.makeRoom();
      upload = new Upload(request, this.options.clock);
      this.active.set(key, upload);
      this.options.events("transfer.added", viewOf(upload));
    }
    upload.running.add(stop);
    this.stopTick ??= this.options.clock.after(TICK_MS, () => this.tick());
    return upload;
  }

  sent(upload: Upload, bytes: number): void {
    upload.bytesSent += bytes;
    upload.meter.add(bytes);
  }

  /** The request that began with `stop` is answered, or broke off. */
  rest(upload: Upload, stop: () => void): void {
    upload.running.delete(stop);
    upload.restedAt = this.options.clock.now();
    // The whole file is out: there is nothing left to wait for.
    if (upload.running.size === 0 && upload.bytesSent >= upload.request.size) this.end(upload, "done", null);
  }

  /** Oldest first. */
  views(): readonly TransferView[] {
    return [...this.ended, ...this.active.values()].map(viewOf);
  }

  view(id: string): TransferView | undefined {
    const upload = this.find(id);
    return upload === undefined ? undefined : viewOf(upload);
  }

  /** False: there is no such upload at work. The peer is not served this file again until the restart. */
  cancel(id: string): boolean {
    const upload = this.find(id);
    if (upload === undefined || upload.state !== "active") return false;
    if (this.unwanted.size < LINGERING_MAX) this.unwanted.add(keyOf(upload.request));
    this.end(upload, "cancelled", "user");
    return true;
  }

  /** False: there is no such ended upload. */
  remove(id: string): boolean {
    const at = this.ended.findIndex((upload) => upload.id === id);
    if (at >= 0) this.ended.splice(at, 1);
    return at >= 0;
  }

  /** Sum over all uploads, bytes per second. */
  get bytesPerSecond(): number {
    let sum = 0;
    for (const upload of this.active.values()) sum += upload.meter.rate;
    return sum;
  }

  stop(): void {
    this.stopTick?.();
    this.stopTick = undefined;
    for (const upload of this.active.values()) for (const stop of upload.running) stop();
  }

  /** Bytes per second that keep a slot. Where our own limit leaves a slot little, that is not its holder's fault. */
  private get rateMin(): number {
    const limit = this.rate.bytesPerSecond;
    return limit === 0 ? RATE_MIN : Math.min(RATE_MIN, limit / (2 * Math.max(1, this.activeUp)));
  }

  private endSlow(): void {
    const now = this.options.clock.now();
    for (const slot of this.slots) if (slot.paidUntil <= now) slot.end();
  }

  private find(id: string): Upload | undefined {
    for (const upload of this.active.values()) if (upload.id === id) return upload;
    return this.ended.find((upload) => upload.id === id);
  }

  private tick(): void {
    const now = this.options.clock.now();
    for (const upload of this.active.values()) {
      if (upload.running.size === 0 && now - upload.restedAt >= LINGER_MS) this.end(upload, "cancelled", "peer_gone");
      else if (upload.bytesSent !== upload.toldBytes) {
        upload.toldBytes = upload.bytesSent;
        this.options.events("transfer.progress", viewOf(upload));
      }
    }
    this.stopTick = this.active.size === 0 ? undefined : this.options.clock.after(TICK_MS, () => this.tick());
  }

  private end(upload: Upload, state: "done" | "cancelled", reason: Upload["reason"]): void {
    this.active.delete(keyOf(upload.request));
    upload.state = state;
    upload.reason = reason;
    upload.changedAt = this.options.clock.now();
    upload.meter.reset();
    for (const stop of upload.running) stop();
    upload.running.clear();
    this.ended.push(upload);
    if (this.ended.length > ENDED_MAX) this.ended.shift();
    this.options.events(state === "done" ? "transfer.done" : "transfer.state", viewOf(upload));
  }

  /** Drops the upload that has been quiet longest when too many linger. */
  private makeRoom(): void {
    if (this.active.size < LINGERING_MAX) return;
    for (const upload of this.active.values()) {
      if (upload.running.size > 0) continue;
      this.end(upload, "cancelled", "peer_gone");
      return;
    }
  }
}

function keyOf(request: UploadRequest): string {
  return `${request.host} ${request.file}`;
}

function viewOf(upload: Upload): TransferView {
  const { request, state, reason } = upload;
  const bytesDone = Math.min(upload.bytesSent, request.size);
  const rate = state === "active" ? upload.meter.rate : 0;
  return {
    id: upload.id,
    direction: "up",
    name: request.name,
    state,
    reason,
    text: textOf(upload),
    size: request.size,
    bytesDone,
    rate,
    leftMs: rate > 0 ? Math.round(((request.size - bytesDone) / rate) * 1000) : null,
    urns: request.urns,
    priority: "normal",
    sources: [],
    verified: null,
    path: null,
    peer: request.peer,
    addedAt: rfc3339(upload.addedAt),
    changedAt: rfc3339(upload.changedAt),
  };
}

function textOf(upload: Upload): string {
  const { peer } = upload.request;
  if (upload.state === "done") return `Sent to ${peer}.`;
  if (upload.reason === "user") return `You stopped sending this to ${peer}.`;
  if (upload.state === "cancelled") return `${peer} stopped taking this file.`;
  return upload.running.size > 0 ? `Sending to ${peer}.` : `${peer} may ask for more.`;
}
