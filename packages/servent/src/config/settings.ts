// The settings in force. Later wins: defaults, settings.json (ours), config.jsonc (the owner's), variables, flags.
import { ServentError } from "../base/servent-error.ts";
import { type Layer, type Said, readConfigFile, show, suggestion, writeConfigFile } from "./config-file.ts";
import {
  KEYS,
  type RawValue,
  SETTING_KEYS,
  type SettingKey,
  type SettingValue,
  isSettingKey,
  readText,
  settingVariable,
} from "./keys.ts";

export interface SettingsOptions {
  /** The owner's file; read, never written. */
  readonly configFile?: string;
  /** Our file; without one, changes last as long as the process. */
  readonly settingsFile?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** From the command line, by key; text is read as in a variable. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

export interface SettingView {
  readonly key: SettingKey;
  /** As it was written: "500kB". `Settings.value` has it as a number. */
  readonly value: RawValue;
  readonly default: RawValue;
  readonly origin: string;
  /** Set where we never write: it can only be changed there. */
  readonly pinned: boolean;
  readonly restart: boolean;
  readonly restartPending: boolean;
  readonly description: string;
}

type Values = { readonly [K in SettingKey]: SettingValue<K> };
type Listener = (keys: readonly SettingKey[]) => void;

/** Every key begins with one of these; other SERVENT_ variables are not settings. */
const SECTIONS = new Set(SETTING_KEYS.map((key) => (key.split(".")[0] as string).toUpperCase()));

export class Settings {
  private readonly options: SettingsOptions;
  private readonly listeners = new Set<Listener>();
  /** What settings.json holds. */
  private own: Layer;
  /** What stands above it. */
  private pinned: Layer;
  private values: Values;
  /** What the daemon started with, for the keys that need a restart. */
  private readonly startedWith: Values;

  /** Throws ServentError `unknown_key` or `invalid_value` with the place of the mistake. */
  constructor(options: SettingsOptions = {}) {
    this.options = options;
    this.own = this.readOwn();
    this.pinned = this.readPinned();
    this.values = this.effective();
    this.startedWith = this.values;
  }

  /** In the units of the program: bytes, bytes/s, milliseconds. */
  get<K extends SettingKey>(key: K): SettingValue<K> {
    return this.values[key];
  }

  list(): SettingView[] {
    return SETTING_KEYS.map((key) => this.view(key));
  }

  view(key: SettingKey): SettingView {
    const said = this.said(key);
    const { default: fallback, description, restart } = KEYS[key];
    return {
      key,
      value: said === undefined ? fallback : said.raw,
      default: fallback,
      origin: said?.origin ?? "default",
      pinned: this.pinned.has(key),
      restart,
      restartPending: restart && !same(this.values[key], this.startedWith[key]),
      description,
    };
  }

  set(key: SettingKey, value: unknown): void {
    this.change({ [key]: value });
  }

  /** Back to the default, or to what config.jsonc says. */
  unset(key: SettingKey): void {
    this.change({ [key]: null });
  }

  /**
   * Changes all of these, or none; null takes a key out of settings.json.
   * Throws ServentError `unknown_key`, `invalid_value`, `conflict` (pinned), or why the file could not be written.
   */
  change(change: Readonly<Record<string, unknown>>): SettingView[] {
    const own = new Map(this.own);
    const keys: SettingKey[] = [];
    for (const [key, value] of Object.entries(change)) {
      if (!isSettingKey(key)) throw new ServentError("unknown_key", `There is no key ${key}.`, suggestion(key));
      const pin = this.pinned.get(key);
      if (pin !== undefined) {
        throw new ServentError(
          "conflict",
          `${key} is set in ${pin.origin}, which we never change.`,
          "Change it there.",
        );
      }
      if (value === null) own.delete(key);
      else own.set(key, said(key, value, this.options.settingsFile ?? "this run", ""));
      keys.push(key);
    }
    if (this.options.settingsFile !== undefined) writeConfigFile(this.options.settingsFile, own);
    this.own = own;
    this.apply();
    return keys.map((key) => this.view(key));
  }

  /** Reads the files again. Where one is wrong it throws, and all stays as it was. Returns the keys that changed. */
  reload(): readonly SettingKey[] {
    const own = this.readOwn();
    const pinned = this.readPinned();
    this.own = own;
    this.pinned = pinned;
    return this.apply();
  }

  /** Called with the keys whose values changed, once all have. The answer ends it. A listener must not throw. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private apply(): readonly SettingKey[] {
    const before = this.values;
    this.values = this.effective();
    const changed = SETTING_KEYS.filter((key) => !same(before[key], this.values[key]));
    if (changed.length > 0) for (const listener of this.listeners) listener(changed);
    return changed;
  }

  private said(key: SettingKey): Said | undefined {
    return this.pinned.get(key) ?? this.own.get(key);
  }

  private effective(): Values {
    const values: Partial<Record<SettingKey, unknown>> = {};
    for (const key of SETTING_KEYS) {
      const said = this.said(key);
      values[key] = said === undefined ? KEYS[key].parse(KEYS[key].default) : said.value;
    }
    return values as Values;
  }

  private readOwn(): Layer {
    return this.options.settingsFile === undefined ? new Map() : readConfigFile(this.options.settingsFile);
  }

  private readPinned(): Layer {
    const { configFile, env = {}, flags = {} } = this.options;
    const pinned = new Map(configFile === undefined ? [] : readConfigFile(configFile));
    const byVariable = new Map(SETTING_KEYS.map((key) => [settingVariable(key), key]));
    for (const [variable, text] of Object.entries(env)) {
      const section = /^SERVENT_([A-Z]+)_/.exec(variable)?.[1];
      if (text === undefined || section === undefined || !SECTIONS.has(section)) continue;
      const key = byVariable.get(variable);
      if (key === undefined) {
        const spelled = variable.slice("SERVENT_".length).toLowerCase().replaceAll("_", ".");
        throw new ServentError("unknown_key", `The variable ${variable} names no key.`, suggestion(spelled));
      }
      pinned.set(key, said(key, text, variable));
    }
    for (const [key, value] of Object.entries(flags)) {
      if (!isSettingKey(key)) throw new ServentError("unknown_key", `There is no key ${key}.`, suggestion(key));
      pinned.set(key, said(key, value, "flag"));
    }
    return pinned;
  }
}

/** A value from outside the files, where a word may stand for a number or a list. Throws ServentError `invalid_value`. */
function said(key: SettingKey, input: unknown, origin: string, place = ` (${origin})`): Said {
  const kind = KEYS[key];
  const value = kind.parse(input);
  if (value !== undefined) return { raw: input as RawValue, value, origin };
  const read = typeof input === "string" ? readText<SettingValue<SettingKey>>(kind, input) : undefined;
  if (read === undefined) {
    throw new ServentError("invalid_value", `${key} cannot be ${show(input)}${place}.`, `It must be ${kind.wanted}.`);
  }
  return { ...read, origin };
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** JSON Schema of the configuration files, with defaults and descriptions. */
export function settingsSchema(): Readonly<Record<string, unknown>> {
  const root = section();
  for (const key of SETTING_KEYS) {
    const names = key.split(".");
    const last = names.pop() as string;
    let at = root;
    for (const name of names) at = (at.properties[name] ??= section()) as SectionSchema;
    const { schema, default: fallback, description, restart } = KEYS[key];
    at.properties[last] = {
      ...schema,
      default: fallback,
      description: restart ? `${description} Needs a restart.` : description,
    };
  }
  root.properties.$schema = { type: "string" };
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "Servent configuration", ...root };
}

interface SectionSchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Record<string, object>;
}

function section(): SectionSchema {
  return { type: "object", additionalProperties: false, properties: {} };
}
