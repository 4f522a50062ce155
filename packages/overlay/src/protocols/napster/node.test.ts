// A client on a host and port made by hand, before servers that say what the lab's do not: old ones, silent ones, hostile ones.
import { describe, expect, test } from "vitest";
import type { Host, Link, StreamPort } from "../../host/host.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import type { NapsterLibrary, NapsterOptions, UploadVerdict } from "./client-options.ts";
import { ipField } from "./fields.ts";
import { parseLogin } from "./login.ts";
import { type Message, MESSAGE } from "./messages.ts";
import { mutations } from "./mutate-fixture.ts";
import { type NapsterEvents, NapsterNode } from "./node.ts";
import { NO_MD5, type SharedFile } from "./shared-file.ts";

const IP = 0x7f00_0000;
/** Two index servers. */
const SERVERS = [IP * 65_536 + 8888, (IP + 1) * 65_536 + 8888] as const;
const OWNER = ipField(IP + 9);
const NAMED = ["share", "shareDirectory", "shareMedia", "unshare"] as const;

function file(path: string, changes: Partial<SharedFile> = {}): SharedFile {
  const media = path.endsWith(".mp3") ? "mp3" : "text";
  return { path, md5: NO_MD5, size: 1000, bitrate: 128, frequency: 44_100, seconds: 60, media, urn: "", ...changes };
}

class Library implements NapsterLibrary {
  version = 1;
  shared: SharedFile[] = [];
  files(): readonly SharedFile[] {
    return this.shared;
  }
}

/** A client; what it dials is noted, and answered by hand. */
class Bench {
  now = 0;
  room = 65_536;
  readonly sent: { readonly link: Link; readonly type: number; readonly text: string }[] = [];
  readonly dialled: number[] = [];
  readonly closed: { readonly link: Link; readonly reason: string }[] = [];
  readonly told: string[] = [];
  readonly library = new Library();
  readonly node: NapsterNode;
  verdict: UploadVerdict = { kind: "accepted" };
  private readonly timers = new Map<number, number>();
  private random = 0;

  constructor(changes: Partial<NapsterOptions> = {}) {
    const host: Host = {
      now: () => this.now,
      u32: () => (this.random = (this.random + 0x9e37_79b9) >>> 0),
      arm: (timer, delay) => void this.timers.set(timer, this.now + Math.max(1, delay)),
      disarm: (timer) => void this.timers.delete(timer),
    };
    const port: StreamPort<Message> = {
      self: 7,
      dial: (to) => this.dialled.push(to) - 1,
      send: (link, { type, text }) => this.sent.push({ link, type, text }) > 0,
      room: () => this.room,
      close: (link, reason) => void this.closed.push({ link, reason }),
    };
    const tell =
      (event: string) =>
      (_self: number, ...rest: readonly unknown[]): void =>
        void this.told.push(
          `${event} ${rest.map((each) => (typeof each === "object" ? JSON.stringify(each) : each)).join(" ")}`,
        );
    const events: NapsterEvents = {
      onServerUp: () => void this.told.push("up"),
      onServerDown: (_self, _session, reason, wasOnline) => void this.told.push(`down ${reason} ${wasOnline}`),
      onServersWanted: () => void this.told.push("more-servers"),
      onHit: (_self, search, hit) => void this.told.push(`hit ${search} ${hit.nick} ${hit.file.path}`),
      onSearchEnd: tell("end"),
      onWant: tell("want"),
      onPush: tell("push"),
      onBrowsePush: tell("browse-push"),
      onBrowseFile: (_self, token, shared) => void this.told.push(`browsed ${token} ${shared.path}`),
      onBrowseEnd: tell("browse-end"),
      onPrivateMessage: tell("message"),
    };
    const options: NapsterOptions = {
      nick: "anna",
      password: "secret",
      passwordAt: (server) => `only-${server}`,
      client: "Servent test",
      linkSpeed: 7,
      dataPort: 6699,
      servers: 1,
      accepts: () => true,
      ...changes,
    };
    this.node = new NapsterNode(host, port, this.library, { request: () => this.verdict }, options, events);
  }

  runFor(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now++;
      for (const [timer, at] of this.timers) {
        if (at > this.now) continue;
        this.timers.delete(timer);
        this.node.onTimer(timer);
      }
    }
  }

  say(link: Link, type: number, text = ""): void {
    this.node.onMessage(link, { type, text });
  }

  /** A client that is logged in to one server, which greets in this way. */
  static online(greeting: string, changes: Partial<NapsterOptions> = {}, shared: SharedFile[] = []): Bench {
    const bench = new Bench(changes);
    bench.library.shared = shared;
    bench.node.start();
    for (const server of SERVERS) bench.node.learn(server, true);
    bench.node.onOpen(0, bench.dialled[0] as number, false);
    bench.say(0, MESSAGE.loginAccepted, "anon@server");
    bench.say(0, MESSAGE.motd, greeting);
    bench.told.length = 0;
    return bench;
  }

  /** Texts of this type that were sent. */
  of(type: number): string[] {
    return this.sent.filter((message) => message.type === type).map(({ text }) => text);
  }

  /** What was said of the library, and forgotten. */
  takeShares(): string[] {
    const types: readonly number[] = NAMED.map((name) => MESSAGE[name]);
    const said = this.sent.filter(({ type }) => types.includes(type)).map(({ type, text }) => `${type} ${text}`);
    this.sent.length = 0;
    return said;
  }
}

const OURS = "VERSION servent 0.1.0";
const FOREIGN = "VERSION opennap-ng 0.50";
const hit = (path: string, nick = "bob", urn = "") =>
  `"${path}" ${NO_MD5} 1000 128 44100 60 ${nick} ${OWNER} 7${urn === "" ? "" : ` 0 ${urn}`}`;
const URN = "urn:sha1:6N2SQZII5PHGTL2TLKZX3GG3PXRYL2KZ";

describe("logging in", () => {
  test("says name, password, port and program to as many servers as wanted", () => {
    const bench = new Bench({ servers: 2 });
    bench.node.start();
    for (const server of SERVERS) bench.node.learn(server, true);
    bench.dialled.forEach((server, link) => bench.node.onOpen(link, server, false));

    expect(bench.dialled.toSorted()).toEqual(SERVERS.toSorted());
    for (const text of bench.of(MESSAGE.login)) {
      const value = { nick: "anna", password: "secret", port: 6699, client: "Servent test", linkSpeed: 7 };
      expect(parseLogin(text)).toMatchObject({ ok: true, value });
    }
    expect(bench.of(MESSAGE.login).length).toBe(2);
  });

  test("a server that our owner did not name hears a password that is for it alone", () => {
    const bench = new Bench({ servers: 2 });
    bench.node.start();
    for (const server of SERVERS) bench.node.learn(server, false);
    // Named too late for this connection, which might be in clear.
    bench.node.learn(SERVERS[0], true);
    bench.dialled.forEach((server, link) => bench.node.onOpen(link, server, false));
    const passwords = bench.of(MESSAGE.login).map((text) => text.split(" ")[1]);
    expect(passwords).toEqual(bench.dialled.map((server) => `only-${server}`));

    const named = bench.dialled.indexOf(SERVERS[0]);
    bench.say(named, MESSAGE.loginError, "Invalid Password");
    bench.runFor(3000);
    expect(bench.dialled[2]).toBe(SERVERS[0]);
    bench.node.onOpen(2, SERVERS[0], false);
    expect(bench.of(MESSAGE.login).at(-1)?.split(" ")[1]).toBe("secret");
  });

  test("a name that is taken gets digits, which are kept for that server", () => {
    const bench = new Bench();
    bench.node.start();
    bench.node.learn(SERVERS[0], true);
    bench.node.onOpen(0, SERVERS[0], false);
    bench.say(0, MESSAGE.loginError, "anna is already active");
    bench.runFor(3000);
    bench.node.onOpen(1, SERVERS[0], false);

    const [first, second] = bench.of(MESSAGE.login).map((text) => text.split(" ")[0]);
    expect(first).toBe("anna");
    expect(second).toMatch(/^anna\d{4}$/);
    bench.say(1, MESSAGE.loginAccepted, "anon@server");
    bench.node.onClose(1, "closed by the other side");
    bench.runFor(5000);
    bench.node.onOpen(2, SERVERS[0], false);
    expect(bench.of(MESSAGE.login).at(-1)?.split(" ")[0]).toBe(second);
  });

  test("a server that says the password is wrong is not asked again, until our owner names it again", () => {
    const bench = new Bench();
    bench.node.start();
    bench.node.learn(SERVERS[0], true);
    bench.node.onOpen(0, SERVERS[0], false);
    bench.say(0, MESSAGE.loginError, "Invalid Password");
    bench.runFor(600_000);

    expect(bench.dialled.length).toBe(1);
    expect([...bench.node.servers.all()][0]).toMatchObject({ isRefused: true, problem: "Invalid Password" });
    expect(bench.told.filter((text) => text.startsWith("down"))).toEqual(["down Invalid Password false"]);
    bench.node.learn(SERVERS[0], true);
    expect(bench.dialled.length).toBe(2);
  });

  test("with a new name we log in anew, even where the old one was refused; with a new password only where it is said", () => {
    const bench = Bench.online(OURS, { servers: 2 });
    const other = bench.dialled[1] as number;
    bench.node.onOpen(1, other, false);
    bench.say(1, MESSAGE.loginError, "Invalid Password");
    expect(bench.node.servers.get(other)?.isRefused).toBe(true);

    bench.node.configure({ nick: "otto" });
    expect(bench.told).toContain("down logs in anew true");
    expect([...bench.node.servers.all()].map(({ problem }) => problem)).not.toContain("logs in anew");
    bench.runFor(3000);
    const again = bench.dialled.slice(2);
    expect(again).toContain(other);
    again.forEach((server, i) => bench.node.onOpen(i + 2, server, false));
    expect(bench.of(MESSAGE.login).slice(2)).toEqual(again.map(() => expect.stringMatching(/^otto secret /)));

    const unnamed = new Bench();
    unnamed.node.start();
    unnamed.node.learn(SERVERS[0], false);
    unnamed.node.onOpen(0, SERVERS[0], false);
    unnamed.node.configure({ password: "else" });
    expect(unnamed.closed).toEqual([]);
  });

  test("one that cannot be reached is tried again after pauses that grow and have an end", () => {
    const bench = new Bench();
    bench.node.start();
    bench.node.learn(SERVERS[0], true);
    const tries: number[] = [];
    for (let done = 0; bench.now < 3_600_000; bench.runFor(100)) {
      for (; done < bench.dialled.length; done++) {
        tries.push(bench.now);
        bench.node.onClose(done, "connection refused");
      }
    }
    const pauses = tries.slice(1).map((at, i) => at - (tries[i] as number));
    expect(pauses[0]).toBeLessThan(2500);
    expect(Math.max(...pauses)).toBeLessThan(CLIENT_LIMITS.retryMs + 2500);
    expect(pauses.length).toBeGreaterThan(30);
    expect(pauses.length).toBeLessThan(80);
  });

  test("a server that says nothing to the log-in is given up for another", () => {
    const bench = new Bench();
    bench.node.start();
    for (const server of SERVERS) bench.node.learn(server, true);
    bench.node.onOpen(0, bench.dialled[0] as number, false);
    bench.runFor(CLIENT_LIMITS.loginMs + 2000);
    expect(bench.closed[0]?.reason).toBe("no answer to the log-in");
    expect(new Set(bench.dialled)).toEqual(new Set(SERVERS));
  });
});

describe("a server that dies", () => {
  test("without a word, as over half-open TCP, is noticed and replaced within ten seconds", () => {
    const bench = Bench.online(OURS);
    let lastWord = 0;
    for (let second = 0; second < 30; second++) {
      bench.runFor(1000);
      if (!bench.sent.splice(0).some(({ type }) => type === MESSAGE.serverPing)) continue;
      bench.say(0, MESSAGE.serverPing);
      lastWord = bench.now;
    }
    expect(bench.closed).toEqual([]);

    while (bench.dialled.length < 2 && bench.now < lastWord + 60_000) bench.runFor(100);

    expect(bench.closed).toEqual([{ link: 0, reason: "the server fell silent" }]);
    // Three seconds of the ten are left to log in and register there.
    expect(bench.now - lastWord).toBeLessThan(7000);
    expect(new Set(bench.dialled)).toEqual(new Set(SERVERS));
  });

  test("a server that never answers pings is not taken for dead while its line holds", () => {
    const bench = Bench.online(FOREIGN);
    bench.runFor(120_000);
    expect(bench.closed).toEqual([]);
    expect(bench.of(MESSAGE.serverPing).length).toBeGreaterThan(10);
  });

  test("by closing is replaced at once, and everything is registered anew", () => {
    const bench = Bench.online(OURS, {}, [file("music\\a.mp3")]);
    expect(bench.takeShares().length).toBe(1);

    bench.node.onClose(0, "reset by the other side");
    bench.node.onOpen(1, bench.dialled[1] as number, false);
    bench.say(1, MESSAGE.loginAccepted, "anon@server");
    bench.say(1, MESSAGE.motd, OURS);

    expect(bench.now).toBe(0);
    expect(bench.takeShares().length).toBe(1);
  });
});

describe("registering", () => {
  test("other people's servers get all kinds by folder, within their limit of length, with hashes where an MD5 would stand", () => {
    const music = Array.from({ length: 100 }, (_, i) => file(`My Music\\album\\song number ${i}.mp3`, { urn: URN }));
    const bench = Bench.online(FOREIGN, {}, [...music, file("notes\\a.txt", { urn: URN }), file("alone.txt")]);
    bench.runFor(200);

    const folders = bench.of(MESSAGE.shareDirectory);
    expect(folders.length).toBeGreaterThan(2);
    expect(folders.length).toBeLessThan(10);
    for (const text of folders) expect(text.length).toBeLessThanOrEqual(2048);
    expect(folders.join(" ").match(/"song number \d+\.mp3"/g)?.length).toBe(100);
    expect(folders.at(-1)).toBe(`"notes" "a.txt" ${URN.slice(9).toLowerCase()} 1000 128 44100 60`);
    expect(bench.of(MESSAGE.share)).toEqual([`"alone.txt" ${NO_MD5} 1000 128 44100 60`]);
    expect(bench.sent.some(({ text }) => text.includes("urn:"))).toBe(false);
  });

  test("servers of our own kind get hashes with the names", () => {
    const bench = Bench.online(OURS, {}, [file("m\\a.mp3", { urn: URN }), file("m\\b.txt", { urn: URN })]);
    expect(bench.of(MESSAGE.shareMedia)).toEqual([`"m\\b.txt" 1000 ${NO_MD5} text ${URN}`]);
    expect(bench.takeShares().every((text) => text.endsWith(URN))).toBe(true);
  });

  test("only what changed is said when the library changes", () => {
    const bench = Bench.online(OURS, {}, [file("m\\a.mp3"), file("m\\b.mp3"), file("m\\c.mp3")]);
    bench.takeShares();

    bench.library.shared = [file("m\\a.mp3"), file("m\\c.mp3", { size: 2 }), file("m\\d.mp3")];
    bench.library.version++;
    bench.runFor(1100);

    expect(bench.takeShares().map((text) => text.split(` ${NO_MD5}`)[0])).toEqual([
      `${MESSAGE.unshare} m\\c.mp3`,
      `${MESSAGE.unshare} m\\b.mp3`,
      `${MESSAGE.share} "m\\c.mp3"`,
      `${MESSAGE.share} "m\\d.mp3"`,
    ]);
  });

  test("goes in steps, waits for a server that does not read, and stops at what a server takes", () => {
    const all = Array.from({ length: CLIENT_LIMITS.sharesMax + 10 }, (_, i) => file(`m\\${i}.mp3`));
    const bench = Bench.online(OURS, {}, all);
    expect(bench.takeShares().length).toBe(CLIENT_LIMITS.shareStepMessages);

    bench.room = 0;
    bench.runFor(1000);
    expect(bench.takeShares().length).toBe(0);
    bench.room = 65_536;
    bench.node.onWritable(0);
    bench.runFor(5000);
    const rest = CLIENT_LIMITS.sharesMax - CLIENT_LIMITS.shareStepMessages;
    expect(bench.takeShares().length).toBe(rest);
  });

  test("what no message can carry stays at home", () => {
    const odd = [file('m\\a "b".mp3'), file(`m\\${"x".repeat(300)}.mp3`), file("m\\big.mp3", { size: 2 ** 32 })];
    expect(Bench.online(OURS, {}, odd).takeShares()).toEqual([]);
  });
});

describe("searching", () => {
  test("puts one search at a time to a server, since its answers bear no number", () => {
    const bench = Bench.online(OURS);
    const first = bench.node.search({ words: "blue train", urn: "", name: "" });
    const second = bench.node.search({ words: "red", urn: "", name: "" });

    expect(bench.of(MESSAGE.search)).toEqual(['FILENAME CONTAINS "blue train" MAX_RESULTS 100 TYPE ANY']);
    bench.say(0, MESSAGE.searchHit, hit("m\\Blue Train.ogg"));
    bench.say(0, MESSAGE.searchHit, hit("m\\Blue Train.ogg"));
    bench.say(0, MESSAGE.searchHit, hit("m\\something else.ogg"));
    bench.say(0, MESSAGE.searchEnd);
    bench.say(0, MESSAGE.searchHit, hit("m\\red.ogg", "carl"));
    bench.say(0, MESSAGE.searchEnd);

    expect(bench.told.filter((text) => /^(hit|end)/.test(text))).toEqual([
      `hit ${first} bob m\\Blue Train.ogg`,
      `end ${first}`,
      `hit ${second} carl m\\red.ogg`,
      `end ${second}`,
    ]);
    expect(bench.node.cost(first)).toMatchObject({ messages: 5 });
  });

  test("asks servers that know no kinds again without", () => {
    const bench = Bench.online("VERSION opennap 0.36");
    const search = bench.node.search({ words: "tide", urn: "", name: "" });
    bench.say(0, MESSAGE.notice, "ANY: invalid type for search");
    bench.say(0, MESSAGE.searchEnd);
    bench.say(0, MESSAGE.searchHit, hit("m\\tide.ogg"));
    bench.say(0, MESSAGE.searchEnd);
    bench.node.search({ words: "ebb", urn: "", name: "" });

    expect(bench.of(MESSAGE.search)).toEqual([
      'FILENAME CONTAINS "tide" MAX_RESULTS 100 TYPE ANY',
      'FILENAME CONTAINS "tide" MAX_RESULTS 100',
      'FILENAME CONTAINS "ebb" MAX_RESULTS 100',
    ]);
    expect(bench.told).toContain(`hit ${search} bob m\\tide.ogg`);
  });

  test("by hash takes what claims it; of servers that know no hashes, what has the name and claims none", () => {
    const ours = Bench.online(OURS);
    ours.node.search({ words: "", urn: URN, name: "tide.ogg" });
    expect(ours.of(MESSAGE.search)[0]).toContain(`"${URN.slice(9).toLowerCase()}"`);
    ours.say(0, MESSAGE.searchHit, hit("m\\other name.ogg", "bob", URN));
    ours.say(0, MESSAGE.searchHit, hit("m\\tide.ogg", "liar", URN.replace("6N", "6M")));
    expect(ours.told.filter((text) => text.startsWith("hit"))).toEqual(["hit 1 bob m\\other name.ogg"]);

    const foreign = Bench.online(FOREIGN);
    foreign.node.search({ words: "", urn: URN, name: "" });
    expect(foreign.of(MESSAGE.search)).toEqual([]);
    foreign.node.search({ words: "", urn: URN, name: "tide.ogg" });
    foreign.say(0, MESSAGE.searchHit, hit("m\\tide.ogg"));
    foreign.say(0, MESSAGE.searchHit, hit("m\\ebb.ogg"));
    foreign.say(0, MESSAGE.searchHit, hit("m\\tide.ogg", "liar").replace(NO_MD5, "k".repeat(32)));
    expect(foreign.told.filter((text) => text.startsWith("hit"))).toEqual(["hit 2 bob m\\tide.ogg"]);
  });

  test("a server that is slow to say the end has its turn taken by the next search", () => {
    const bench = Bench.online(FOREIGN);
    bench.node.search({ words: "one", urn: "", name: "" });
    bench.node.search({ words: "two", urn: "", name: "" });
    bench.runFor(CLIENT_LIMITS.searchMs + 2000);
    expect(bench.of(MESSAGE.search).length).toBe(2);
    expect(bench.told).toContain("end 1");
  });

  test("for other holders of a file goes by MD5 and size, and takes only answers that bear them", () => {
    const md5 = "631072b944eb6196797ab6a534b1ab97";
    const bench = Bench.online(FOREIGN);
    const token = bench.node.resume(md5, 2_600_000);
    expect(bench.of(MESSAGE.resume)).toEqual([`${md5} 2600000`]);
    // As opennap-ng answered.
    const answer = `alice 184549503 6701 "C:\\My Music\\Test Band - First Song.mp3" ${md5} 2600000 7`;
    bench.say(0, MESSAGE.resumeHit, answer);
    bench.say(0, MESSAGE.resumeHit, answer.replace("2600000", "2600001"));
    bench.say(0, MESSAGE.resumeHit, answer.replace(md5, NO_MD5));
    bench.say(0, MESSAGE.resumeEnd);
    bench.node.stopSearch(token);
    bench.say(0, MESSAGE.resumeHit, answer);
    expect(bench.told).toEqual([`hit ${token} alice C:\\My Music\\Test Band - First Song.mp3`]);
  });

  test("what was asked when nobody was there is asked once a server is", () => {
    const bench = new Bench();
    bench.node.start();
    bench.node.search({ words: "tide", urn: "", name: "" });
    bench.node.learn(SERVERS[0], true);
    bench.node.onOpen(0, SERVERS[0], false);
    bench.say(0, MESSAGE.loginAccepted, "anon@server");
    bench.say(0, MESSAGE.motd, OURS);
    expect(bench.of(MESSAGE.search).length).toBe(1);
  });

  test("says how many were asked, who has not said all, and whose answer came to the cap", () => {
    const bench = Bench.online(OURS);
    const search = bench.node.search({ words: "tide", urn: "", name: "" });
    expect(bench.node.progress(search)).toEqual({ asked: 1, open: 1, cut: [] });
    for (let i = 1; i < CLIENT_LIMITS.answersMax; i++) bench.say(0, MESSAGE.searchHit, hit(`m\\tide ${i}.ogg`));
    expect(bench.node.progress(search)?.cut).toEqual([]);
    bench.say(0, MESSAGE.searchHit, hit("m\\tide.ogg"));
    bench.say(0, MESSAGE.searchEnd);

    expect(bench.node.progress(search)).toEqual({ asked: 1, open: 0, cut: [bench.dialled[0]] });
    expect(bench.told.at(-1)).toBe(`end ${search}`);
    bench.node.stopSearch(search);
    expect(bench.node.progress(search)).toBeUndefined();
  });

  test("hits of one search are bounded, and those of a stopped one are not told", () => {
    const bench = Bench.online(OURS);
    const search = bench.node.search({ words: "tide", urn: "", name: "" });
    for (let i = 0; i < CLIENT_LIMITS.hitsMax + 100; i++) bench.say(0, MESSAGE.searchHit, hit(`m\\tide ${i}.ogg`));
    expect(bench.told.filter((text) => text.startsWith("hit")).length).toBe(CLIENT_LIMITS.hitsMax);
    bench.node.stopSearch(search);
    bench.say(0, MESSAGE.searchHit, hit("m\\tide again.ogg"));
    expect(bench.told.at(-1)).not.toContain("again");
  });
});

describe("asking for files", () => {
  const accepted = `bob ${OWNER} 6701 "m\\a.mp3" ${NO_MD5} 7`;
  const asked = (): { bench: Bench; token: number } => {
    const bench = Bench.online(OURS);
    return { bench, token: bench.node.want("download", "Bob", "m\\a.mp3", undefined) as number };
  };

  test("goes through the server, and each answer settles what it names", () => {
    const cases: readonly (readonly [number, string, string])[] = [
      [MESSAGE.downloadAccepted, accepted, '"kind":"accepted","nick":"anna"'],
      [MESSAGE.downloadAccepted, accepted.replace(NO_MD5, "firewallerror"), '"kind":"both-firewalled"'],
      [MESSAGE.downloadUnavailable, 'bob "m\\a.mp3"', '"kind":"unavailable"'],
      [MESSAGE.queueLimit, 'bob "m\\a.mp3" 1000 3', '"kind":"full","limit":3'],
      [MESSAGE.uploadRefused, 'bob "m\\a.mp3"', '"kind":"refused"'],
      [MESSAGE.notice, "bob is not firewalled", '"kind":"refused"'],
    ];
    for (const [type, text, expected] of cases) {
      const { bench, token } = asked();
      expect(bench.of(MESSAGE.download)).toEqual(['Bob "m\\a.mp3"']);
      bench.say(0, type, text.replace("m\\a", "m\\other"));
      if (type !== MESSAGE.notice) expect(bench.told.filter((each) => each.startsWith("want"))).toEqual([]);
      bench.say(0, type, text);
      bench.say(0, type, text);
      const answers = bench.told.filter((each) => each.startsWith("want"));
      expect(answers.length).toBe(1);
      expect(answers[0]).toContain(`want ${token} `);
      expect(answers[0]).toContain(expected);
    }
  });

  test("is lost with the server, and after a time without an answer", () => {
    const lost = asked();
    lost.bench.node.onClose(0, "reset");
    expect(lost.bench.told).toContain(`want ${lost.token} {"kind":"lost"}`);
    const late = asked();
    late.bench.runFor(CLIENT_LIMITS.wantMs + 2000);
    expect(late.bench.told).toContain(`want ${late.token} {"kind":"lost"}`);
  });

  test("waits for no more answers than its bound, and needs a server", () => {
    const { bench } = asked();
    for (let i = 1; i < CLIENT_LIMITS.wantsMax; i++) bench.node.want("download", "bob", `m\\${i}`, undefined);
    expect(bench.node.want("download", "bob", "one more", undefined)).toBeUndefined();
    expect(new Bench().node.want("download", "bob", "a", undefined)).toBeUndefined();
  });

  test("a request for a push is settled only by a no", () => {
    const bench = Bench.online(OURS);
    const token = bench.node.want("push", "bob", "m\\a.mp3", undefined);
    expect(bench.of(MESSAGE.pushRequest)).toEqual(['bob "m\\a.mp3"']);
    bench.say(0, MESSAGE.downloadAccepted, accepted);
    expect(bench.told).not.toContain(`want ${token}`);
    bench.say(0, MESSAGE.downloadAccepted, accepted.replace(NO_MD5, "firewallerror"));
    expect(bench.told.at(-1)).toBe(`want ${token} {"kind":"both-firewalled"}`);
  });
});

describe("being asked", () => {
  test("answers by what the application says, and remembers for a time whom it let come", () => {
    const bench = Bench.online(OURS);
    bench.say(0, MESSAGE.uploadRequest, 'Bob "m\\a.mp3"');
    bench.verdict = { kind: "full", slots: 3 };
    bench.say(0, MESSAGE.uploadRequest, 'carl "m\\a.mp3"');
    bench.verdict = { kind: "unavailable" };
    bench.say(0, MESSAGE.uploadRequest, 'dora "m\\b.mp3" 7');

    expect(bench.of(MESSAGE.uploadAccepted)).toEqual(['Bob "m\\a.mp3"']);
    expect(bench.of(MESSAGE.queueFull)).toEqual(['carl "m\\a.mp3" 3']);
    expect(bench.of(MESSAGE.uploadRefused)).toEqual(['dora "m\\b.mp3"']);
    expect(bench.node.isAnnounced("bob", "m\\a.mp3")).toBe(true);
    expect(bench.node.isAnnounced("carl", "m\\a.mp3")).toBe(false);
    expect(bench.node.isAnnounced("bob", "m\\b.mp3")).toBe(false);
    bench.runFor(CLIENT_LIMITS.announcedMs + 1);
    expect(bench.node.isAnnounced("bob", "m\\a.mp3")).toBe(false);
  });

  test("a flood of requests fills a bounded table, and the newest stay", () => {
    const bench = Bench.online(OURS);
    for (let i = 0; i <= CLIENT_LIMITS.announcedMax; i++) bench.say(0, MESSAGE.uploadRequest, `n${i} "m\\a.mp3"`);
    expect(bench.node.isAnnounced("n0", "m\\a.mp3")).toBe(false);
    expect(bench.node.isAnnounced(`n${CLIENT_LIMITS.announcedMax}`, "m\\a.mp3")).toBe(true);
  });

  test("it calls only those whom it let come, and only where the rules let it", () => {
    const order = `bob ${OWNER} 6701 "m\\a.mp3" ${NO_MD5} 7`;
    const bench = Bench.online(OURS);
    bench.say(0, MESSAGE.push, order);
    expect(bench.told.some((text) => text.startsWith("push"))).toBe(false);
    bench.say(0, MESSAGE.uploadRequest, 'bob "m\\a.mp3"');
    bench.say(0, MESSAGE.push, order);
    expect(bench.told.at(-1)).toContain(`"address":${(IP + 9) * 65_536 + 6701}`);

    const strict = Bench.online(OURS, { accepts: () => false });
    strict.say(0, MESSAGE.uploadRequest, 'bob "m\\a.mp3"');
    strict.say(0, MESSAGE.push, order);
    expect(strict.told.some((text) => text.startsWith("push"))).toBe(false);
  });

  test("for its list it answers, and brings it where nobody can fetch it", () => {
    const bench = Bench.online(OURS);
    expect(bench.node.isListAnnounced).toBe(false);
    bench.say(0, MESSAGE.browseDirect, "bob");
    expect(bench.of(MESSAGE.browseDirectAccepted)).toEqual(["bob"]);
    expect(bench.node.isListAnnounced).toBe(true);
    bench.say(0, MESSAGE.browseDirect, `bob ${OWNER} 6701`);
    expect(bench.told.at(-1)).toBe(`browse-push bob ${(IP + 9) * 65_536 + 6701} anna`);
  });
});

describe("people", () => {
  test("the list of a user comes file by file", () => {
    const bench = Bench.online(OURS);
    const token = bench.node.browse("Bob", undefined);
    bench.say(0, MESSAGE.browseFile, `bob "m\\a.mp3" ${NO_MD5} 1 128 44100 3`);
    bench.say(0, MESSAGE.browseFile, `carl "m\\b.mp3" ${NO_MD5} 1 128 44100 3`);
    bench.say(0, MESSAGE.browseEnd, "bob 1");
    bench.say(0, MESSAGE.browseEnd, "bob 1");
    expect(bench.told).toEqual([`browsed ${token} m\\a.mp3`, `browse-end ${token} false`]);
  });

  test("of whom nobody has heard there is no list, and that is told", () => {
    const bench = Bench.online(OURS);
    const token = bench.node.browse("Bob", undefined);
    bench.say(0, MESSAGE.signOff, "carl");
    bench.say(0, MESSAGE.signOff, "bob");
    bench.say(0, MESSAGE.browseEnd, "bob");
    expect(bench.told).toEqual([`browse-end ${token} true`]);
  });

  test("messages are told and sent, and pings of users are answered", () => {
    const bench = Bench.online(OURS);
    bench.say(0, MESSAGE.privateMessage, "bob  hello there");
    expect(bench.told.at(-1)).toBe("message bob hello there");
    expect(bench.node.say("bob", "hi", undefined)).toBe(true);
    expect(bench.of(MESSAGE.privateMessage)).toEqual(["bob hi"]);
    bench.say(0, MESSAGE.userPing, "bob");
    expect(bench.of(MESSAGE.userPong)).toEqual(["bob"]);
  });
});

describe("a server that talks without end", () => {
  test("is heard so often a second, and each message and name is cut", () => {
    const bench = Bench.online(OURS);
    const { messagesPerSecond, senderCharsMax, messageCharsMax } = CLIENT_LIMITS;
    for (let i = 0; i < 1000; i++) bench.say(0, MESSAGE.privateMessage, `${"n".repeat(30_000)} ${"t".repeat(30_000)}`);
    const message = `message ${"n".repeat(senderCharsMax)} ${"t".repeat(messageCharsMax)}`;
    expect(bench.told).toEqual(Array.from({ length: messagesPerSecond }, () => message));
    expect(bench.node.counters.messagesDropped).toBe(1000 - messagesPerSecond);

    bench.runFor(1000);
    for (let i = 0; i < 1000; i++) bench.say(0, MESSAGE.privateMessage, "bob hello");
    expect(bench.told.length).toBe(2 * messagesPerSecond);
  });

  test("its refusals and notices are remembered and told to a bound, and so is its version", () => {
    const bench = new Bench();
    bench.node.start();
    bench.node.learn(SERVERS[0], true);
    bench.node.onOpen(0, SERVERS[0], false);
    const long = `Invalid Password ${"x".repeat(60_000)}`;
    bench.say(0, MESSAGE.loginError, long);
    const cut = long.slice(0, CLIENT_LIMITS.noticeCharsMax);
    expect(bench.told).toContain(`down ${cut} false`);
    expect([...bench.node.servers.all()][0]?.problem).toBe(cut);

    const online = Bench.online(`VERSION ${"v".repeat(60_000)}`);
    online.say(0, MESSAGE.notice, long);
    const [session] = online.node.all();
    expect(session?.version.length).toBe(CLIENT_LIMITS.versionCharsMax);
    expect(session?.notice).toBe(cut);
  });
});

test("a server that says a hundred thousand senseless things does no harm", () => {
  const bench = Bench.online(FOREIGN, {}, [file("m\\a.mp3")]);
  bench.node.search({ words: "tide", urn: "", name: "" });
  bench.node.want("download", "bob", "m\\a.mp3", undefined);
  bench.node.browse("bob", undefined);
  const types = Object.values(MESSAGE).filter((type) => type !== MESSAGE.ghost);
  const samples = [hit("m\\tide.ogg"), `bob ${OWNER} 6701 "m\\a.mp3" ${NO_MD5} 7`, 'bob "m\\a.mp3" 7', "bob hello"];
  let i = 0;
  for (const text of mutations(samples, 100_000, 7)) bench.say(0, types[i++ % types.length] as number, text);

  expect(bench.closed).toEqual([]);
  expect(bench.node.counters.malformed).toBeGreaterThan(1000);
  bench.runFor(5000);
  bench.node.stop();
});
