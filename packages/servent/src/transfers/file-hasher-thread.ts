// The thread of `ThreadHasher`.
import { parentPort } from "node:worker_threads";
import { HashEngine, type HashRequest, replyTo } from "./file-hasher.ts";

const engine = new HashEngine();
parentPort?.on("message", (request: HashRequest) => {
  const reply = replyTo(engine, request);
  if (reply !== undefined) parentPort?.postMessage(reply);
});
