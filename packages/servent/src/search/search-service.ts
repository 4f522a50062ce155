// One search over all networks that are on: starts it, gathers the hits into files, ends it, and remembers it.
import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { ServentError } from "../base/servent-error.ts";
import type { SideWrites } from "../base/side-writes.ts";
import type { Hit, Network, NetworkId, RunningSearch, SearchQuery, Source } from "../networks/network.ts";
import type { Why, WhyFact } from "../transfers/transfer.ts";
import { extensionOf, fileTypeOf } from "./file-type.ts";
import { HitGroups, type StoredGroup, viewOf } from "./hit-groups.ts";
import type { Ending, FileGroup, NetworkNote, Searches, SearchRequest, SearchView } from "./search.ts";

export interface SearchOptions {
  readonly db: DatabaseSync;
  /** A search goes on in memory where it cannot be written down. */
  readonly writes: SideWrites;
  /** The networks that are on now. */
  readonly networks: () => readonly Network[];
  readonly emit: (type: string, data: Readonly<Record<string, unknown>>) => void;
  /** Whether we have the content, and the transfer that fetches it. */
  readonly whereabouts: (urns: readonly string[]) => { readonly have: boolean; readonly transfer: string | null };
  readonly timeoutMs: () => number;
  readonly hitsMax: () => number;
  readonly keepMs: () => number;
}

/** Searches that run at once; each costs every network traffic. */
const RUNNING_MAX = 20;
/** Searches remembered, whatever `search.keep` says. */
const SEARCHES_MAX = 200;
const WORDS_MAX = 200;
/** Hits told per second and search: a page cannot read more, and the rest comes with the results. */
const HIT_EVENTS_PER_SECOND = 20;

/** Words that ask for all that one user shares. */
const USER = /^@\S+$/;
const ENDINGS: Readonly<Record<Ending, string>> = {
  time: "Its time was over.",
  answered: "All that were asked have answered.",
  full: "It had as many hits as search.maxHits allows.",
};

interface Running {
  readonly stops: Map<NetworkId, RunningSearch>;
  /** Networks that have not said that all is said; most cannot. */
  readonly open: Set<NetworkId>;
  readonly deadline: NodeJS.Timeout;
  second: number;
  told: number;
}

interface Search {
  readonly id: string;
  readonly request: SearchRequest;
  state: SearchView["state"];
  readonly networks: readonly NetworkId[];
  readonly startedAt: number;
  endedAt: number | undefined;
  ending?: Ending;
  notes: readonly NetworkNote[];
  messages: number;
  bytes: number;
  hits: number;
  readonly hitsBy: Partial<Record<NetworkId, number>>;
  groups: HitGroups;
  running: Running | undefined;
}

export class SearchService implements Searches {
  private readonly options: SearchOptions;
  private readonly searches = new Map<string, Search>();

  constructor(options: SearchOptions) {
    this.options = options;
    options.db.exec(
      "CREATE TABLE IF NOT EXISTS searches (id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, body TEXT NOT NULL) STRICT",
    );
    this.load();
  }

  /** Ends what runs and writes it down. */
  close(): void {
    for (const search of this.searches.values()) if (search.running !== undefined) this.end(search, "stopped");
  }

  start(request: SearchRequest): SearchView {
    const words = request.words.trim();
    if (words === "" && request.urn === undefined) {
      throw new ServentError("usage", "A search needs at least one word.", "Try `servent search tide`.");
    }
    if (words.length > WORDS_MAX) {
      throw new ServentError(
        "too_large",
        `A search takes at most ${WORDS_MAX} characters.`,
        "Use fewer words; all of them must match.",
      );
    }
    if (words === "@") {
      throw new ServentError("usage", "After @ comes the name of a user.", "Write it like `servent search @anna`.");
    }
    const networks = this.chosenNetworks(request, USER.test(words));
    this.makeRoom();
    const search: Search = {
      id: `s_${randomBytes(6).toString("base64url")}`,
      request: { ...request, words },
      state: "running",
      networks: networks.map(({ id }) => id),
      startedAt: Date.now(),
      endedAt: undefined,
      notes: [],
      messages: 0,
      bytes: 0,
      hits: 0,
      hitsBy: {},
      groups: new HitGroups(),
      running: undefined,
    };
    this.searches.set(search.id, search);
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs();
    const running: Running = {
      stops: new Map(),
      open: new Set(search.networks),
      deadline: setTimeout(() => this.end(search, "done", "time"), timeoutMs),
      second: 0,
      told: 0,
    };
    search.running = running;
    const query = request.urn === undefined ? { words } : { words, urn: request.urn };
    for (const network of networks)
      running.stops.set(
        network.id,
        network.search(
          query,
          (hit) => this.onHit(search, hit),
          () => this.onDone(search, network.id),
        ),
      );
    this.store(search);
    return this.toView(search);
  }

  list(): readonly SearchView[] {
    return Array.from(this.searches.values(), (search) => this.toView(search)).toReversed();
  }

  view(id: string): SearchView {
    return this.toView(this.find(id));
  }

  latest(): SearchView | undefined {
    const last = [...this.searches.values()].at(-1);
    return last === undefined ? undefined : this.toView(last);
  }

  results(id: string): readonly FileGroup[] {
    return this.find(id)
      .groups.stored()
      .map((group) => {
        const { have, transfer } = this.options.whereabouts(group.urns);
        return viewOf(group, have, transfer);
      });
  }

  stop(id: string): SearchView {
    const search = this.find(id);
    if (search.running !== undefined) this.end(search, "stopped");
    return this.toView(search);
  }

  again(id: string): SearchView {
    return this.start(this.find(id).request);
  }

  remove(id: string): void {
    const search = this.find(id);
    if (search.running !== undefined) this.end(search, "stopped");
    this.options.db.prepare("DELETE FROM searches WHERE id = ?").run(id);
    this.searches.delete(id);
  }

  why(id: string): Why {
    const search = this.find(id);
    const at = new Date(search.startedAt).toISOString();
    const view = this.toView(search);
    const facts: WhyFact[] = search.networks.flatMap((network) => {
      const notes = view.notes.filter((note) => note.network === network);
      const told = notes.map(({ code, text }) => ({ at, text: `${network}: ${text}`, code }));
      if (notes.some(({ code }) => code === "not_asked")) return told;
      const cost = search.running?.stops.get(network)?.cost();
      const asked =
        cost === undefined
          ? "was asked"
          : `was asked with ${cost.messages} ${cost.messages === 1 ? "message" : "messages"}`;
      const hits = search.hitsBy[network] ?? 0;
      const text = `${network} ${asked} and gave ${hits} ${hits === 1 ? "hit" : "hits"}.`;
      return [{ at, text, code: "network_asked" }, ...told];
    });
    if (view.state === "running") facts.push({ at, text: "Peers may still answer.", code: "running" });
    else {
      const ended = new Date(search.endedAt ?? search.startedAt).toISOString();
      facts.push({
        at: ended,
        text: view.state === "done" ? endingText(search) : "It was stopped.",
        code: view.state,
      });
    }
    const href = `/api/v1/searches/${id}`;
    return {
      state: view.state,
      since: at,
      facts,
      actions: [
        view.state === "running"
          ? { label: "Stop", method: "POST", href: `${href}/stop` }
          : { label: "Search again", method: "POST", href: `${href}/again` },
      ],
    };
  }

  /** Looks for more sources of one content, unseen by the list of searches. Call the answer to stop. */
  findSources(urn: string, name: string, onHit: (hit: Hit) => void): () => void {
    return this.ask(this.options.networks(), { words: "", urn, name }, onHit);
  }

  /** The same for a content of which no hash is known: only the network that knows this one can tell what is like it. */
  findAlike({ network, likeness }: Source, onHit: (hit: Hit) => void): () => void {
    const asked = likeness === undefined ? [] : this.options.networks().filter(({ id }) => id === network);
    return this.ask(asked, { words: "", likeness: likeness ?? "" }, onHit);
  }

  private ask(networks: readonly Network[], query: SearchQuery, onHit: (hit: Hit) => void): () => void {
    const running = networks.map((network) => network.search(query, onHit));
    return () => {
      for (const search of running) search.stop();
    };
  }

  private chosenNetworks(request: SearchRequest, isForUser: boolean): readonly Network[] {
    // To others the name of a user is a word like any other.
    const on = this.options.networks().filter(({ knowsUsers }) => !isForUser || knowsUsers === true);
    const wanted = request.networks;
    const chosen = wanted === undefined ? on : on.filter(({ id }) => wanted.includes(id));
    if (chosen.length > 0) return chosen;
    if (isForUser) {
      throw new ServentError(
        "network_off",
        "No network is asked that knows users by name.",
        "Napster does: `servent networks enable napster`.",
      );
    }
    throw new ServentError(
      "network_off",
      wanted === undefined ? "No network is on, so nobody can be asked." : `${wanted.join(", ")} is not on.`,
      "Switch one on: `servent networks enable gnutella`.",
    );
  }

  private onHit(search: Search, hit: Hit): void {
    if (search.running === undefined || !matches(search.request, hit)) return;
    const { group, isNew } = search.groups.add(hit);
    if (!isNew) return;
    search.hits++;
    const { network } = hit.source;
    search.hitsBy[network] = (search.hitsBy[network] ?? 0) + 1;
    this.tell(search, group);
    if (search.hits >= this.options.hitsMax()) this.end(search, "done", "full");
  }

  private onDone(search: Search, network: NetworkId): void {
    const open = search.running?.open;
    open?.delete(network);
    if (open?.size === 0) this.end(search, "done", "answered");
  }

  private tell(search: Search, group: StoredGroup): void {
    const { running } = search;
    if (running === undefined) return;
    const second = Math.floor(Date.now() / 1000);
    if (second !== running.second) {
      running.second = second;
      running.told = 0;
    }
    if (++running.told > HIT_EVENTS_PER_SECOND) return;
    const { have, transfer } = this.options.whereabouts(group.urns);
    const file = viewOf(group, have, transfer);
    // How a source is reached stays inside, here as in the API's answers.
    const sources = file.sources.map((source) => ({ ...source, locator: undefined }));
    this.options.emit("search.hit", { searchId: search.id, file: { ...file, sources } });
  }

  private end(search: Search, state: "done" | "stopped", ending?: Ending): void {
    const { running } = search;
    if (running === undefined) return;
    this.count(search);
    search.running = undefined;
    clearTimeout(running.deadline);
    for (const stop of running.stops.values()) stop.stop();
    search.state = state;
    // Where nobody was asked, nobody has answered.
    if (ending !== undefined && !(ending === "answered" && search.messages === 0)) search.ending = ending;
    search.endedAt = Date.now();
    this.store(search);
    this.options.emit("search.done", { search: this.toView(search) });
  }

  private count(search: Search): void {
    if (search.running === undefined) return;
    const costs = Array.from(search.running.stops.values(), (running) => running.cost());
    search.messages = costs.reduce((sum, cost) => sum + cost.messages, 0);
    search.bytes = costs.reduce((sum, cost) => sum + cost.bytes, 0);
    search.notes = Array.from(search.running.stops).flatMap(([network, running]) =>
      (running.notes?.() ?? []).map((note) => ({ network, ...note })),
    );
  }

  private find(id: string): Search {
    const search = this.searches.get(id);
    if (search === undefined)
      throw new ServentError("not_found", `There is no search ${id}.`, "`servent searches ls` lists them.");
    return search;
  }

  private toView(search: Search): SearchView {
    this.count(search);
    const { id, request, state, networks, hits, messages, bytes, startedAt, ending, notes } = search;
    return {
      id,
      words: request.words,
      urn: request.urn ?? null,
      state,
      networks,
      files: search.groups.files,
      hits,
      messages,
      bytes,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: (search.endedAt ?? Date.now()) - startedAt,
      ...(ending === undefined ? {} : { ending }),
      notes,
    };
  }

  private makeRoom(): void {
    const running = [...this.searches.values()].filter((search) => search.running !== undefined);
    if (running.length >= RUNNING_MAX) this.end(running[0] as Search, "stopped");
    const oldest = Date.now() - this.options.keepMs();
    for (const search of this.searches.values()) {
      if (search.running === undefined && (search.startedAt < oldest || this.searches.size >= SEARCHES_MAX)) {
        this.searches.delete(search.id);
        this.options.writes.attempt(() => this.options.db.prepare("DELETE FROM searches WHERE id = ?").run(search.id));
      }
    }
  }

  private store(search: Search): void {
    const { running: _, groups, ...rest } = search;
    const body = JSON.stringify({ ...rest, groups: groups.stored() });
    this.options.writes.attempt(() =>
      this.options.db
        .prepare("INSERT OR REPLACE INTO searches (id, started_at, body) VALUES (?, ?, ?)")
        .run(search.id, search.startedAt, body),
    );
  }

  /** A search that ran when the process died is stopped, with what it had found when it was last written. */
  private load(): void {
    const oldest = Date.now() - this.options.keepMs();
    const { db, writes } = this.options;
    writes.attempt(() => db.prepare("DELETE FROM searches WHERE started_at < ?").run(oldest));
    const kept = db.prepare("SELECT body FROM searches WHERE started_at >= ? ORDER BY started_at, rowid");
    for (const row of kept.iterate(oldest)) {
      const { groups, ...search } = JSON.parse(row.body as string) as Omit<Search, "groups"> & {
        groups: StoredGroup[];
      };
      // Those that older versions wrote down have none.
      search.notes ??= [];
      const ended =
        search.state === "running" ? { state: "stopped" as const, endedAt: search.endedAt ?? search.startedAt } : {};
      this.searches.set(search.id, { ...search, ...ended, groups: HitGroups.restore(groups), running: undefined });
    }
  }
}

function matches(request: SearchRequest, { source }: Hit): boolean {
  if (request.minBytes !== undefined && source.size < request.minBytes) return false;
  if (request.maxBytes !== undefined && source.size > request.maxBytes) return false;
  if (request.type !== undefined && fileTypeOf(source.name) !== request.type) return false;
  return request.extension === undefined || extensionOf(source.name) === request.extension;
}

function endingText({ ending, messages }: Search): string {
  if (ending === undefined && messages === 0) return "Nobody could be asked.";
  return ENDINGS[ending ?? "time"];
}
