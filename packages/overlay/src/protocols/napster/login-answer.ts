// What a server says of a log-in, from the client's side. Programs of servers say most of it as text for people, each in its own words.
import { type Message, MESSAGE } from "./messages.ts";

export type LoginAnswer =
  | { readonly kind: "accepted" }
  /** Somebody else has the name there; under another one we may come in. */
  | { readonly kind: "name-taken"; readonly text: string }
  /** Asking again would bring the same answer. */
  | { readonly kind: "refused"; readonly text: string }
  /** Another time, perhaps. */
  | { readonly kind: "failed"; readonly text: string }
  /** For people, before the answer. */
  | { readonly kind: "notice"; readonly text: string };

/** Undefined: the message is no answer. */
export function loginAnswerOf({ type, text }: Message): LoginAnswer | undefined {
  switch (type) {
    case MESSAGE.loginAccepted:
      return { kind: "accepted" };
    case MESSAGE.loginError:
      if (/password/i.test(text)) return { kind: "refused", text };
      return { kind: /active|in use|taken|logged/i.test(text) ? "name-taken" : "failed", text };
    case MESSAGE.nickInvalid:
      return { kind: "refused", text: text === "" ? "the server does not take this name" : text };
    case MESSAGE.nickTaken:
      return { kind: "name-taken", text: "the name is in use" };
    case MESSAGE.notice:
      return { kind: "notice", text };
    default:
      return undefined;
  }
}
