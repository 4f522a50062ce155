// The rules of the seam (packages/overlay/src/host/host.ts), as tests. Whatever carries nodes must pass them all, so that a node
// cannot tell which world it lives in.
import { afterEach, describe, expect, test } from "vitest";
import type { Address, Link } from "@servent/overlay/host/host.ts";
import type { Recorder } from "./recorder.ts";
import { hello, item, type TestMessage, testCodec } from "./test-protocol.ts";

/** One world under test. Peers are made with a Recorder attached. */
export interface ComplianceWorld {
  /** Messages travel as bytes, so that some can be malformed. */
  readonly carriesBytes: boolean;
  readonly markBytes: number;
  peer(): Promise<Recorder>;
  /** A peer that takes streams but nothing from them (a world of slow lines: little) until `read` is called. */
  unreadPeer(): Promise<{ readonly recorder: Recorder; read(): void }>;
  /** Where nobody listens. */
  absent(): Promise<Address>;
  /** Lets time pass until the condition holds. Rejects after a bounded time. */
  until(condition: () => boolean): Promise<void>;
  finish(): Promise<void>;
}

export function hostCompliance(name: string, makeWorld: () => ComplianceWorld): void {
  describe(name, () => {
    const worlds: ComplianceWorld[] = [];
    const recorders: Recorder[] = [];

    const begin = async (peers: number): Promise<[ComplianceWorld, ...Recorder[]]> => {
      const world = makeWorld();
      worlds.push(world);
      const made: Recorder[] = [];
      for (let i = 0; i < peers; i++) made.push(await world.peer());
      recorders.push(...made);
      return [world, ...made];
    };

    const beginTwo = async () => {
      const [world, a, b] = await begin(2);
      return { world, a: a as Recorder, b: b as Recorder };
    };

    /** A link from a to b, with the greetings exchanged. */
    const joined = async () => {
      const { world, a, b } = await beginTwo();
      a.deeds = { onOpen: (link) => a.port.send(link, hello()) };
      b.deeds = { onOpen: (link) => b.port.send(link, hello()) };
      const link = a.port.dial(b.port.self);
      await world.until(() => a.count("message") === 1 && b.count("message") === 1);
      return { world, a, b, ab: link, ba: (b.all("open")[0] as { link: Link }).link };
    };

    afterEach(async () => {
      for (const world of worlds.splice(0)) await world.finish();
      // Every test is also a test of this rule.
      for (const recorder of recorders.splice(0)) expect(recorder.reentered).toEqual([]);
    });

    describe("streams", () => {
      test("a dial opens on both sides, and each knows who dialled", async () => {
        const { world, a, b } = await beginTwo();
        const link = a.port.dial(b.port.self);
        await world.until(() => a.count("open") === 1 && b.count("open") === 1);
        expect(a.all("open")).toEqual([{ at: "open", link, remote: b.port.self, inbound: false }]);
        expect(b.all("open")[0]?.inbound).toBe(true);
      });

      test("a dial to nobody ends in onClose without onOpen, later", async () => {
        const { world, a } = await beginTwo();
        const nobody = await world.absent();
        let link = -1;
        a.during("dial", () => {
          link = a.port.dial(nobody);
        });
        expect(a.heard).toEqual([]);
        await world.until(() => a.heard.length > 0);
        expect(a.heard).toMatchObject([{ at: "close", link }]);
        expect(a.all("close")[0]?.reason).not.toBe("");
      });

      test("a dial to what is no address ends in onClose too", async () => {
        const { world, a } = await beginTwo();
        a.during("dial", () => {
          a.port.dial(2 ** 53 - 1);
          a.port.dial(-1);
        });
        await world.until(() => a.count("close") === 2);
        expect(a.count("open")).toBe(0);
      });

      test("messages arrive once each, in order, in both directions", async () => {
        const { world, a, b } = await beginTwo();
        const total = 10_000;
        const pump = (node: Recorder) => {
          let next = 0;
          return (link: Link) => {
            while (next < total && node.port.room(link) > 0)
              node.port.send(link, item(next++, new Uint8Array(next % 90)));
          };
        };
        for (const node of [a, b]) {
          const more = pump(node);
          node.deeds = {
            onOpen: (link) => {
              node.port.send(link, hello());
              more(link);
            },
            onWritable: more,
          };
        }
        a.port.dial(b.port.self);
        await world.until(() => a.count("message") > total && b.count("message") > total);
        const expected = Array.from({ length: total }, (_, number) => number);
        expect(a.numbers()).toEqual(expected);
        expect(b.numbers()).toEqual(expected);
      });

      test("a message from many handlers keeps the order of sending, whatever its size", async () => {
        const { world, a, b } = await joined();
        const link = (a.all("open")[0] as { link: Link }).link;
        let next = 0;
        a.deeds = {
          onTimer: () => {
            for (let i = 0; i < 4; i++) a.port.send(link, item(next++, new Uint8Array(i === 1 ? 20_000 : 1)));
            if (next < 40) a.host.arm(0, 1);
          },
        };
        a.host.arm(0, 1);
        await world.until(() => b.numbers().length === 40);
        expect(b.numbers()).toEqual(Array.from({ length: 40 }, (_, number) => number));
      });

      test("a message and its bytes arrive as they were sent, and the sender's stay as they were", async () => {
        const { world, a, b, ab } = await joined();
        const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 255);
        const message: TestMessage = Object.freeze(item(4_294_967_295, bytes));
        a.port.send(ab, message);
        a.port.send(ab, message);
        await world.until(() => b.numbers().length === 2);
        for (const heard of b.all("message").slice(1)) expect(heard.message).toEqual(item(4_294_967_295, bytes));
        expect(bytes).toEqual(Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 255));
      });

      test("what was received stays as it was while more arrives", async () => {
        const { world, a, b, ab } = await joined();
        for (let i = 0; i < 200; i++) a.port.send(ab, item(i, new Uint8Array(500).fill(i)));
        await world.until(() => b.numbers().length === 200);
        for (const { message } of b.all("message")) {
          if (message.kind === "item") expect(message.bytes).toEqual(new Uint8Array(500).fill(message.number));
        }
      });

      test("the largest message passes", async () => {
        const { world, a, b, ab } = await joined();
        const bytes = new Uint8Array(testCodec.messageBytesMax - 8).fill(9);
        a.port.send(ab, item(1, bytes));
        a.port.send(ab, item(2, bytes));
        a.port.send(ab, item(3));
        await world.until(() => b.numbers().length === 3);
        expect(b.all("message")[1]?.message).toEqual(item(1, bytes));
      });

      test("several links between the same two peers stay apart", async () => {
        const { world, a, b } = await beginTwo();
        a.deeds = {
          onOpen: (link) => {
            a.port.send(link, hello());
            a.port.send(link, item(link));
          },
        };
        const links = [a.port.dial(b.port.self), a.port.dial(b.port.self), a.port.dial(b.port.self)];
        await world.until(() => b.numbers().length === 3);
        expect(new Set(links).size).toBe(3);
        expect(new Set(b.all("open").map((open) => open.link)).size).toBe(3);
        expect([...b.numbers()].sort((x, y) => x - y)).toEqual([...links].sort((x, y) => x - y));
      });

      test("nothing calls the node while it sends, dials, closes, arms", async () => {
        const { world, a, b } = await beginTwo();
        const nobody = await world.absent();
        const busy = (node: Recorder) => {
          node.port.dial(nobody);
          node.port.dial(-1);
          const doomed = node.port.dial(b.port.self);
          node.port.close(doomed, "changed my mind");
          node.host.arm(0, 0);
          node.host.arm(1, -1);
        };
        a.deeds = {
          onOpen: (link) => {
            a.port.send(link, hello());
            for (let i = 0; i < 1000; i++) a.port.send(link, item(i, new Uint8Array(200)));
            busy(a);
            a.port.close(link, "enough");
            a.port.send(link, item(-1));
            a.port.close(link, "twice");
          },
        };
        a.during("commands", () => {
          a.port.dial(b.port.self);
          busy(a);
        });
        expect(a.heard).toEqual([]);
        // Two that nobody answers and one given up, from the start and again from onOpen, and the link itself.
        await world.until(() => a.count("close") === 7 && a.count("timer") >= 2);
        expect(a.all("close").filter(({ reason }) => reason === "enough").length).toBe(1);
        expect(a.all("close").filter(({ reason }) => reason === "changed my mind").length).toBe(2);
      });
    });

    describe("the end of a stream", () => {
      test("close sends what is queued before the other side hears of the end", async () => {
        const { world, a, b, ab, ba } = await joined();
        a.during("close", () => {
          for (let i = 0; i < 500; i++) a.port.send(ab, item(i, new Uint8Array(100)));
          a.port.close(ab, "good night");
        });
        await world.until(() => a.count("close") === 1 && b.count("close") === 1);
        expect(a.all("close")).toEqual([{ at: "close", link: ab, reason: "good night" }]);
        expect(b.numbers()).toEqual(Array.from({ length: 500 }, (_, number) => number));
        expect(b.heard.at(-1)).toMatchObject({ at: "close", link: ba });
      });

      test("after close the node hears only the end, though the other side still sends", async () => {
        const { world, a, b, ab, ba } = await joined();
        const before = a.heard.length;
        for (let i = 0; i < 50; i++) b.port.send(ba, item(i));
        a.port.close(ab, "deaf");
        for (let i = 50; i < 100; i++) b.port.send(ba, item(i));
        await world.until(() => a.count("close") === 1 && b.count("close") === 1);
        expect(a.heard.slice(before)).toEqual([{ at: "close", link: ab, reason: "deaf" }]);
      });

      test("a node that closes at a message hears none of those behind it", async () => {
        const { world, a, b, ab } = await joined();
        b.deeds = { onMessage: (link) => b.port.close(link, "one is enough") };
        for (let i = 0; i < 20; i++) a.port.send(ab, item(i));
        await world.until(() => a.count("close") === 1 && b.count("close") === 1);
        expect(b.numbers()).toEqual([0]);
      });

      test("both sides may close at once", async () => {
        const { world, a, b, ab, ba } = await joined();
        a.port.close(ab, "mine");
        b.port.close(ba, "my own");
        await world.until(() => a.count("close") === 1 && b.count("close") === 1);
        expect(a.all("close")[0]?.reason).toBe("mine");
        expect(b.all("close")[0]?.reason).toBe("my own");
      });

      test("a dead link swallows everything", async () => {
        const { world, a, b, ab } = await joined();
        a.port.close(ab, "over");
        expect(a.port.send(ab, item(1))).toBe(false);
        expect(a.port.room(ab)).toBe(0);
        await world.until(() => a.count("close") === 1 && b.count("close") === 1);
        expect(a.port.send(ab, item(2))).toBe(false);
        expect(a.port.room(ab)).toBe(0);
        a.port.close(ab, "again");
        expect(a.port.send(77, item(3))).toBe(false);
        expect(a.port.room(77)).toBe(0);
        a.port.close(77, "never was");
        expect(b.numbers()).toEqual([]);
        expect(a.count("close")).toBe(1);
      });

      test("a link that has not opened yet swallows everything", async () => {
        const { world, a, b } = await beginTwo();
        const link = a.port.dial(b.port.self);
        expect(a.port.send(link, hello())).toBe(false);
        expect(a.port.room(link)).toBe(0);
        await world.until(() => a.count("open") === 1 && b.count("open") === 1);
        a.port.send(link, hello());
        a.port.send(link, item(5));
        await world.until(() => b.count("message") === 2);
        expect(b.numbers()).toEqual([5]);
      });

      test("a number is used again only after its onClose", async () => {
        const { world, a, b, ab } = await joined();
        let inside = -1;
        a.deeds = {
          onClose: () => {
            if (inside === -1) inside = a.port.dial(b.port.self);
          },
        };
        a.port.close(ab, "to be reused");
        const meanwhile = a.port.dial(b.port.self);
        expect(meanwhile).not.toBe(ab);
        await world.until(() => inside !== -1);
        expect(inside).not.toBe(ab);
        expect(a.port.dial(b.port.self)).toBe(ab);
        await world.until(() => a.count("open") === 4);
      });

      test("numbers do not grow with the links that ever were", async () => {
        const { world, a, b } = await beginTwo();
        let closed = 0;
        let highest = 0;
        a.deeds = {
          onOpen: (link) => a.port.close(link, "next"),
          onClose: (link) => {
            highest = Math.max(highest, link);
            if (++closed < 60) a.port.dial(b.port.self);
          },
        };
        a.port.dial(b.port.self);
        await world.until(() => closed === 60 && b.count("close") === 60);
        expect(highest).toBeLessThan(4);
        expect(Math.max(...b.all("open").map((open) => open.link))).toBeLessThan(8);
      });
    });

    describe("back-pressure", () => {
      test("send says when the mark is passed, and onWritable comes once per crossing", async () => {
        const world = makeWorld();
        worlds.push(world);
        const a = await world.peer();
        const slow = await world.unreadPeer();
        recorders.push(a, slow.recorder);
        const total = 4000;
        const size = 2000;
        let next = 0;
        let crossings = 0;
        let most = 0;
        let disagreed = 0;
        const pump = (link: Link) => {
          while (next < total) {
            const under = a.port.send(link, item(next++, new Uint8Array(size)));
            most = Math.max(most, world.markBytes - a.port.room(link));
            if (under !== a.port.room(link) > 0) disagreed++;
            if (!under) {
              crossings++;
              return;
            }
          }
        };
        a.deeds = {
          onOpen: (link) => {
            a.port.send(link, hello());
            pump(link);
          },
          onWritable: pump,
        };
        a.port.dial(slow.recorder.port.self);
        await world.until(() => crossings > 0 && a.port.room(0) <= 0);
        slow.read();
        await world.until(() => slow.recorder.numbers().length === total);

        expect(disagreed).toBe(0);
        expect(most).toBeGreaterThanOrEqual(world.markBytes);
        expect(most).toBeLessThan(world.markBytes + size + 100);
        expect(crossings).toBeGreaterThan(1);
        await world.until(() => a.count("writable") === crossings);
        expect(slow.recorder.numbers()).toEqual(Array.from({ length: total }, (_, number) => number));
      });

      test("sending on above the mark is one crossing, not many", async () => {
        const { world, a, b, ab } = await joined();
        const above = 2 * Math.ceil(world.markBytes / 1000);
        for (let crossing = 1; crossing <= 3; crossing++) {
          a.during("sending", () => {
            for (let i = 0; i < above; i++) a.port.send(ab, item(i, new Uint8Array(992)));
            expect(a.port.send(ab, item(above))).toBe(false);
          });
          await world.until(() => b.numbers().length === crossing * (above + 1));
          await world.until(() => a.count("writable") >= crossing);
          expect(a.count("writable")).toBe(crossing);
          expect(a.port.room(ab)).toBeGreaterThan(0);
        }
      });

      test("a node that never looks at room is cut off, not buffered without end", async () => {
        const world = makeWorld();
        worlds.push(world);
        const a = await world.peer();
        const slow = await world.unreadPeer();
        recorders.push(a, slow.recorder);
        let sent = 0;
        a.deeds = {
          onOpen: (link) => {
            a.port.send(link, hello());
            a.host.arm(0, 1);
          },
          onTimer: () => {
            for (let i = 0; i < 64; i++, sent++) a.port.send(0, item(sent, new Uint8Array(4000)));
            if (a.count("close") === 0) a.host.arm(0, 1);
          },
        };
        a.port.dial(slow.recorder.port.self);
        await world.until(() => a.count("close") === 1);
        expect(a.all("close")[0]?.reason).toBe("the send queue overran");
        slow.read();
      });
    });

    describe("codecs", () => {
      test("the phase switches at an exact boundary, with bytes that came along", async () => {
        for (const deflate of [true, false]) {
          const { world, a, b } = await beginTwo();
          for (const node of [a, b]) {
            node.deeds = {
              onOpen: (link) => {
                node.port.send(link, hello(node === a && deflate));
                for (let i = 0; i < 300; i++) node.port.send(link, item(i, new Uint8Array(i)));
              },
            };
          }
          a.port.dial(b.port.self);
          await world.until(() => a.numbers().length === 300 && b.numbers().length === 300);
          for (const node of [a, b]) {
            expect(node.all("message")[0]?.message.kind).toBe("hello");
            expect(node.numbers()).toEqual(Array.from({ length: 300 }, (_, number) => number));
          }
        }
      });

      test("messages are lent: what is sent is what they were then", async () => {
        const { world, a, b, ab } = await joined();
        const bytes = new Uint8Array(1000);
        for (let i = 0; i < 100; i++) a.port.send(ab, item(i, bytes.fill(i)));
        bytes.fill(255);
        await world.until(() => b.numbers().length === 100);
        const items = b.all("message").flatMap(({ message }) => (message.kind === "item" ? [message] : []));
        expect(items.filter((each) => !each.bytes.every((byte) => byte === each.number))).toEqual([]);
      });

      test("a deflated stream is flushed when its messages end, and before it closes", async () => {
        const { world, a, b } = await beginTwo();
        a.deeds = {
          onOpen: (link) => {
            a.port.send(link, hello(true));
            a.port.send(link, item(1));
          },
        };
        const link = a.port.dial(b.port.self);
        await world.until(() => b.numbers().length === 1);
        a.port.send(link, item(2));
        a.port.close(link, "bye");
        await world.until(() => b.count("close") === 1);
        expect(b.numbers()).toEqual([1, 2]);
      });

      test("a malformed message is told, and the stream goes on", async () => {
        const { world, a, b, ab, ba } = await joined();
        if (!world.carriesBytes) return;
        a.port.send(ab, item(1));
        a.port.send(ab, { kind: "garbage" });
        a.port.send(ab, item(2));
        await world.until(() => b.numbers().length === 2);
        expect(b.heard.slice(2).map(({ at }) => at)).toEqual(["message", "malformed", "message"]);
        expect(b.all("malformed")).toEqual([{ at: "malformed", link: ba }]);
      });

      test("a lost stream is closed on both sides", async () => {
        const { world, a, b, ab } = await joined();
        if (!world.carriesBytes) return;
        a.port.send(ab, item(1));
        a.port.send(ab, { kind: "poison" });
        a.port.send(ab, item(2));
        await world.until(() => a.count("close") === 1 && b.count("close") === 1);
        expect(b.numbers()).toEqual([1]);
        expect(b.all("close")[0]?.reason).toBe("frame too large");
      });
    });

    describe("the host", () => {
      test("time never runs back, in whole milliseconds", async () => {
        const [world, a] = (await begin(1)) as [ComplianceWorld, Recorder];
        const times = [a.host.now()];
        a.deeds = {
          onTimer: () => {
            times.push(a.host.now());
            a.host.arm(0, 1);
          },
        };
        a.host.arm(0, 1);
        await world.until(() => times.length === 20);
        for (let i = 1; i < times.length; i++) {
          expect(Number.isInteger(times[i])).toBe(true);
          expect(times[i]).toBeGreaterThan(times[i - 1] as number);
        }
      });

      test("a timer is never early, and parts of a millisecond count as a whole", async () => {
        const [world, a] = (await begin(1)) as [ComplianceWorld, Recorder];
        const delays = [0, -7, 0.2, 1, 2.5, 17, 40];
        const least = [1, 1, 1, 1, 3, 17, 40];
        const start = a.host.now();
        a.during("arming", () => {
          for (const [timer, delay] of delays.entries()) a.host.arm(timer, delay);
        });
        expect(a.heard).toEqual([]);
        await world.until(() => a.count("timer") === delays.length);
        for (const { timer, now } of a.all("timer")) {
          expect(now - start).toBeGreaterThanOrEqual(least[timer] as number);
        }
      });

      // A busy machine may be late by any time, so these wait for what must come and only then look at what must not have.
      test("arming again replaces, earlier or later", async () => {
        const [world, a] = (await begin(1)) as [ComplianceWorld, Recorder];
        a.deeds = {
          onTimer: (timer) => {
            if (timer !== 2 && a.count("timer") === 2) a.host.arm(2, 60);
          },
        };
        const start = a.host.now();
        a.host.arm(0, 5);
        a.host.arm(0, 30);
        a.host.arm(1, 60_000);
        a.host.arm(1, 10);
        await world.until(() => a.all("timer").some(({ timer }) => timer === 2));
        expect(
          a
            .all("timer")
            .map(({ timer }) => timer)
            .sort(),
        ).toEqual([0, 1, 2]);
        const [at = 0] = a.all("timer").flatMap(({ timer, now }) => (timer === 0 ? [now] : []));
        expect(at - start).toBeGreaterThanOrEqual(30);
      });

      test("a disarmed timer is silent, and may be armed again", async () => {
        const [world, a] = (await begin(1)) as [ComplianceWorld, Recorder];
        a.deeds = {
          onTimer: (timer) => {
            if (timer === 1) a.host.arm(2, 40);
          },
        };
        a.host.arm(0, 5);
        a.host.arm(1, 5);
        a.host.disarm(0);
        a.host.disarm(1);
        a.host.disarm(7);
        a.host.arm(1, 10);
        await world.until(() => a.all("timer").some(({ timer }) => timer === 2));
        expect(a.all("timer").map(({ timer }) => timer)).toEqual([1, 2]);
      });

      test("a timer armed in its own handler comes again; one disarmed in another's does not", async () => {
        const [world, a] = (await begin(1)) as [ComplianceWorld, Recorder];
        a.deeds = {
          onTimer: (timer) => {
            if (timer !== 0) return;
            if (a.count("timer") === 1) a.host.arm(1, 30);
            else a.host.disarm(1);
            if (a.count("timer") < 5) a.host.arm(0, 3);
            else a.host.arm(2, 60);
          },
        };
        a.host.arm(0, 3);
        await world.until(() => a.all("timer").some(({ timer }) => timer === 2));
        expect(a.all("timer").map(({ timer }) => timer)).toEqual([0, 0, 0, 0, 0, 2]);
      });

      test("a very distant timer does not come at once", async () => {
        const [world, a] = (await begin(1)) as [ComplianceWorld, Recorder];
        a.host.arm(0, 2 ** 31 + 1000);
        a.host.arm(1, Number.MAX_SAFE_INTEGER);
        a.host.arm(2, 30);
        await world.until(() => a.count("timer") > 0);
        expect(a.all("timer").map(({ timer }) => timer)).toEqual([2]);
      });

      test("random values cover 32 bits, and each node draws its own", async () => {
        const { a, b } = await beginTwo();
        const first = Array.from({ length: 4000 }, () => a.host.u32());
        const second = Array.from({ length: 4000 }, () => b.host.u32());
        for (const value of [...first, ...second]) {
          expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32).toBe(true);
        }
        // Each of the 32 bits is set in about half of the values; 4000 draws stray by more than 200 once in 10^9.
        for (let bit = 0; bit < 32; bit++) {
          const set = first.filter((value) => Math.floor(value / 2 ** bit) % 2 === 1).length;
          expect(Math.abs(set - 2000)).toBeLessThan(200);
        }
        expect(second.filter((value) => first.includes(value)).length).toBeLessThan(3);
      });
    });
  });
}
