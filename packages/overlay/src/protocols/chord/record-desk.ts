// Answers those who ask for records or bring some. To bring one takes a permit, which only an answer to `fetch` gives.
import { endpointOf, hostOf, ipv4Of, portOf } from "../../base/ipv4.ts";
import type { Address, DatagramPort, Host, Millis } from "../../host/host.ts";
import { recordsThatFit } from "./codec.ts";
import { LIMITS } from "./limits.ts";
import type { Message } from "./messages.ts";
import { Permits } from "./permit.ts";
import { RecordStore } from "./record-store.ts";

export class RecordDesk<Id> {
  private readonly host: Host;
  private readonly port: DatagramPort<Message<Id>>;
  private readonly permits: Permits;
  private readonly store = new RecordStore<Id>();

  constructor(host: Host, port: DatagramPort<Message<Id>>) {
    this.host = host;
    this.port = port;
    this.permits = new Permits(host);
  }

  /** Records kept. */
  get size(): number {
    return this.store.size;
  }

  onFetch(from: Address, { token, key, skip }: Extract<Message<Id>, { kind: "fetch" }>): void {
    const { total, records } = this.store.fetch(key, skip, LIMITS.recordsPerAnswerMax, this.host.now());
    this.port.send(from, {
      kind: "records",
      token,
      permit: this.permits.permit(from),
      total,
      records: records.slice(0, recordsThatFit(records)),
    });
  }

  /** `isOurs`: the key lies where we keep records. */
  onStore(from: Address, message: Extract<Message<Id>, { kind: "store" }>, isOurs: boolean): void {
    const { token, permit, key, seconds } = message;
    const record = { ...message.record, provider: providerAt(from, message.record.provider) };
    let granted = 0;
    if (this.permits.isGood(permit, from)) {
      if (seconds === 0) this.store.remove(key, from, record);
      else if (isOurs) granted = this.store.put(key, from, record, seconds, this.host.now());
    }
    this.port.send(from, { kind: "stored", token, seconds: granted });
  }

  /** Drops what is out of date. The answer is how many records are left. */
  sweep(now: Millis): number {
    return this.store.sweep(now);
  }
}

/** Who stores a record can name the port where it takes connections, but not another host. */
function providerAt(from: Address, provider: Address): Address {
  return hostOf(from) === from ? from : endpointOf(ipv4Of(from), portOf(provider));
}
