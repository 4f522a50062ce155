// Gnutella sources named by a link: `http://1.2.3.4:6346/uri-res/N2R?urn:sha1:…` or `…/get/7/name.ogg`.
import { sha1OfUrn, sha1Urn } from "@servent/overlay/base/urn.ts";
import { formatEndpoint, parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Source } from "../network.ts";
import type { GnutellaLocator } from "./hit-sources.ts";

/** Undefined where the link is not of a form that Gnutella servents serve. The size is not known: 0. */
export function sourceOfLink(link: string): Source | undefined {
  if (!URL.canParse(link)) return undefined;
  const url = new URL(link);
  const address = parseEndpoint(url.host, 80);
  if (url.protocol !== "http:" || address === undefined) return undefined;
  const sha1 = url.pathname.startsWith("/uri-res/N2") ? sha1OfUrn(decodeURIComponent(url.search.slice(1))) : undefined;
  const [, index, name] = /^\/get\/(\d{1,10})\/([^/]+)\/?$/.exec(url.pathname) ?? [];
  if (sha1 === undefined && name === undefined) return undefined;
  const urn = sha1 === undefined ? undefined : sha1Urn(sha1);
  const locator: GnutellaLocator = {
    address,
    servent: "",
    index: Number(index ?? 0),
    name: name === undefined ? "" : decode(name),
    sha1: urn?.slice("urn:sha1:".length) ?? "",
  };
  const peer = formatEndpoint(address);
  return {
    network: "gnutella",
    key: `gnutella:${peer}:${locator.sha1 || `${locator.index}:${locator.name}`}`,
    peer,
    name: locator.name,
    size: 0,
    urns: urn === undefined ? [] : [urn],
    firewalled: false,
    locator: { ...locator },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
