// What a program says of its settings, as descriptions: so that a scenario's settings are checked, and offered in an editor.
import type { Setting, Settings, SettingValue } from "../experiments/program.ts";
import {
  about,
  choice,
  type Description,
  flag,
  list,
  object,
  real,
  text,
  whole,
  withDefault,
  type Fields,
} from "./description.ts";

/** Values of a setting that is a list. */
const LIST_LENGTH_MAX = 1000;
/** Characters of a setting that is a text. */
const TEXT_LENGTH_MAX = 200;

/** One setting; absent it has its default. */
export function describeSetting(setting: Setting): Description<SettingValue> {
  const value = describeValue(setting);
  const written = Array.isArray(setting.default)
    ? [...setting.default]
    : (setting.default as string | number | boolean);
  return withDefault(about(setting.summary, value), setting.default, written);
}

function describeValue(setting: Setting): Description<SettingValue> {
  const example = setting.default;
  switch (typeof example) {
    case "boolean":
      return flag();
    case "number":
      return describeNumber(setting);
    case "string":
      return setting.choices === undefined ? text(TEXT_LENGTH_MAX) : choice(setting.choices);
    default:
      return list(describeNumber(setting), LIST_LENGTH_MAX);
  }
}

function describeNumber({ whole: isWhole, least, most }: Setting): Description<number> {
  if (isWhole !== true) return real(least, most);
  return whole(least ?? Number.MIN_SAFE_INTEGER, most ?? Number.MAX_SAFE_INTEGER);
}

/** All settings of a program; those that are absent have their defaults. */
export function describeSettings(settings: Readonly<Record<string, Setting>>): Description<Settings> {
  const fields: Fields = Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, describeSetting(setting)]),
  );
  // Each field reads a setting's value.
  return object(fields, "an object of settings") as Description<Settings>;
}
