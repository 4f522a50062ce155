// What a search costs: the datagrams that carry its keys, and their answers. It listens at the port, where nothing is missed.
import type { DatagramCodec } from "@servent/overlay/host/host.ts";
import type { Message } from "@servent/overlay/protocols/chord/messages.ts";
import type { SearchCost } from "../network.ts";

/** Of one search, which watches a few keys. */
export class Bill {
  readonly keys: ReadonlySet<bigint>;
  /** Questions that were sent and not answered yet. */
  readonly tokens = new Set<number>();
  messages = 0;
  bytes = 0;

  constructor(keys: readonly bigint[]) {
    this.keys = new Set(keys);
  }

  cost(): SearchCost {
    return { messages: this.messages, bytes: this.bytes };
  }
}

export class Meter {
  private readonly codec: DatagramCodec<Message<bigint>>;
  private readonly bills = new Set<Bill>();

  constructor(codec: DatagramCodec<Message<bigint>>) {
    this.codec = codec;
  }

  open(keys: readonly bigint[]): Bill {
    const bill = new Bill(keys);
    this.bills.add(bill);
    return bill;
  }

  close(bill: Bill): void {
    this.bills.delete(bill);
    bill.tokens.clear();
  }

  onSent(message: Message<bigint>): void {
    if (message.kind !== "find" && message.kind !== "fetch") return;
    for (const bill of this.bills) {
      if (!bill.keys.has(message.key)) continue;
      bill.tokens.add(message.token);
      this.charge(bill, message);
    }
  }

  onReceived(message: Message<bigint>): void {
    if (message.kind !== "found" && message.kind !== "records") return;
    for (const bill of this.bills) if (bill.tokens.delete(message.token)) this.charge(bill, message);
  }

  private charge(bill: Bill, message: Message<bigint>): void {
    bill.messages++;
    bill.bytes += this.codec.size(message);
  }
}
