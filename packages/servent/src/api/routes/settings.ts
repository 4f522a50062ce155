// Limits and settings.
import { Type } from "typebox";
import { settingsSchema } from "../../config/settings.ts";
import type { App } from "../app.ts";
import { page } from "../listing.ts";
import { type Route, route } from "../route.ts";
import { LimitsPatch, LimitsSchema, PageQuery, SettingSchema, SettingsPatch, list } from "../schemas.ts";

export function settingRoutes(app: App): Route[] {
  const { limits, settings } = app;
  return [
    route({
      method: "GET",
      path: "/limits",
      scope: "read",
      summary: "The rates in force.",
      answer: LimitsSchema,
      handle: () => limits.current(),
    }),
    route({
      method: "PATCH",
      path: "/limits",
      scope: "transfer",
      summary: "Changes rates, or switches slow mode.",
      body: LimitsPatch,
      answer: LimitsSchema,
      handle: ({ body }) => limits.change(body),
    }),
    route({
      method: "GET",
      path: "/settings",
      scope: "read",
      summary: "Every setting: value, default, and where the value comes from.",
      query: PageQuery,
      answer: list("settings", SettingSchema),
      handle: ({ query }) => page("settings", settings.list(), query),
    }),
    route({
      method: "PATCH",
      path: "/settings",
      scope: "admin",
      summary: "Changes settings, all or none; answers those that were named.",
      body: SettingsPatch,
      answer: list("settings", SettingSchema),
      handle: ({ body }) => page("settings", settings.change(body), { limit: 1000 }),
    }),
    route({
      method: "GET",
      path: "/settings/schema",
      scope: "read",
      summary: "JSON Schema of the configuration files.",
      answer: Type.Record(Type.String(), Type.Unknown()),
      handle: () => settingsSchema(),
    }),
  ];
}
