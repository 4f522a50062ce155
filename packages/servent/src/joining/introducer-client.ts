// Speaks to one introducer over HTTP. Its owner named the address; whoever it hands us on to is a stranger's word, and is asked
// only where the rules let us dial any stranger.
import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { Address } from "@servent/overlay/host/host.ts";
import { decodeAnswer } from "@servent/overlay/protocols/introducer/codec.ts";
import { LIMITS as PROTOCOL } from "@servent/overlay/protocols/introducer/limits.ts";
import type { Answer, Request } from "@servent/overlay/protocols/introducer/messages.ts";
import { addressFrom } from "../runtime/address.ts";
import { type Exchanged, exchange } from "./http-exchange.ts";
import { introducerUrl, WELL_KNOWN } from "./introducer-url.ts";
import { LIMITS } from "./limits.ts";

export interface IntroducerClientOptions {
  /** Its base, as `introducerUrl` gives it. */
  readonly url: string;
  readonly userAgent: string;
  /** Address that we connect from, in digits; undefined: any. */
  readonly localAddress: () => string | undefined;
  readonly mayDial: (address: Address) => boolean;
}

/** Who does the work: the introducer itself, or whom it named. */
interface Place {
  readonly base: string;
  readonly isHandedOn: boolean;
  readonly foundAt: number;
}

export class IntroducerClient {
  readonly url: string;
  private readonly options: IntroducerClientOptions;
  private place: Place | undefined = undefined;

  constructor(options: IntroducerClientOptions) {
    this.url = options.url;
    this.options = options;
  }

  /**
   * The answer, which may be a refusal. Rejects with an Error, its message for people: the system's where nobody takes the call
   * (`connect ECONNREFUSED …`) or nothing comes within `exchangeMs`; ours where what comes is no introducer's, no answer, or longer than
   * `answerBytesMax`, and where it hands on too often or to where we may not dial.
   */
  async send(request: Request): Promise<Answer> {
    try {
      const place = await this.find();
      const answer = decodeAnswer((await this.carry(place, request)).body);
      if (!answer.ok) throw new Error(`no answer of an introducer: ${answer.problem}`);
      return answer.value;
    } catch (error) {
      // It may have moved; next time it is asked where the work is done.
      this.place = undefined;
      throw error;
    }
  }

  private carry(place: Place, request: Request): Promise<Exchanged> {
    if (request.kind !== "ask") {
      const { kind, ...fields } = request;
      return this.exchange(place, `/v1/${kind}`, JSON.stringify(fields));
    }
    const query = new URLSearchParams({
      network: request.networks.join(","),
      count: String(request.count),
      port: String(request.port),
    });
    return this.exchange(place, `/v1/peers?${query}`);
  }

  private async find(): Promise<Place> {
    const now = performance.now();
    if (this.place !== undefined && now - this.place.foundAt < LIMITS.placeMs) return this.place;
    let place: Place = { base: this.url, isHandedOn: false, foundAt: now };
    for (let handOns = 0; handOns <= LIMITS.handOnsMax; handOns++) {
      const next = nextOf(await this.exchange(place, WELL_KNOWN));
      if (next === undefined) {
        this.place = place;
        return place;
      }
      const base = introducerUrl(next);
      if (base === undefined) throw new Error("it hands on to what is no address of an introducer");
      place = { base, isHandedOn: true, foundAt: now };
    }
    throw new Error(`it hands on more than ${LIMITS.handOnsMax} times`);
  }

  /** What `place` says, whatever its status. Throws or rejects with an Error where the rules forbid the call, or as the module's `exchange`. */
  private exchange(place: Place, path: string, body?: string): Promise<Exchanged> {
    const { userAgent, localAddress } = this.options;
    const url = new URL(path, place.base);
    if (place.isHandedOn && isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0) this.check(url.hostname, url);
    return exchange(url, {
      method: body === undefined ? "GET" : "POST",
      ...(body === undefined ? {} : { body }),
      ...(place.isHandedOn ? { lookup: this.lookup(url) } : {}),
      userAgent,
      localAddress: localAddress(),
      answerBytesMax: path === WELL_KNOWN ? LIMITS.descriptionBytesMax : PROTOCOL.answerBytesMax,
      timeoutMs: LIMITS.exchangeMs,
    });
  }

  /** Throws where the rules do not let us connect to this host. */
  private check(host: string, url: URL): void {
    const address = addressFrom(host, Number(url.port) || (url.protocol === "https:" ? 443 : 80));
    if (address === undefined || !this.options.mayDial(address))
      throw new Error(`it hands on to ${host}, which may not be dialled`);
  }

  /** A name is looked up once, and what came of it is checked before anything is connected. */
  private lookup(url: URL): LookupFunction {
    return (host, options, done) => {
      systemLookup(host, { ...options, family: 4, all: true }, (error, addresses) => {
        try {
          if (error !== null) throw error;
          for (const { address } of addresses) this.check(address, url);
          const [first] = addresses;
          if (first === undefined) throw new Error(`${host} has no IPv4 address`);
          if (options.all === true) done(null, addresses);
          else done(null, first.address, 4);
        } catch (problem) {
          done(problem as NodeJS.ErrnoException, []);
        }
      });
    };
  }
}

/** Whom a description sends us to; undefined: nobody. Throws where it is no description. */
function nextOf({ status, location, body }: Exchanged): string | undefined {
  if (status >= 300 && status < 400 && location !== undefined) return location;
  if (status !== 200) throw new Error(`it answers ${status}`);
  const description: unknown = JSON.parse(new TextDecoder().decode(body));
  const isObject = typeof description === "object" && description !== null;
  const { schema, handOn } = (isObject ? description : {}) as { schema?: unknown; handOn?: unknown };
  if (schema !== "servent.introducer/1") throw new Error("it is no introducer");
  return typeof handOn === "string" ? handOn : undefined;
}
