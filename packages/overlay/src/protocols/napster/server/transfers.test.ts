// Who wants a file and who has it come together. The expected texts are those of opennap-ng (see also opennap-session.test.ts).
import { expect, test } from "vitest";
import { TestServer } from "./server-fixture.ts";

const MD5 = "631072b944eb6196797ab6a534b1ab97";
const PATH = '"C:\\Music\\blue tide.mp3"';
const IP = { "10.0.0.1": 16_777_226, "10.0.0.2": 33_554_442 };

function pair({ ownerPort = 6701, askerPort = 6702 } = {}) {
  const server = new TestServer();
  const owner = server.login("alice", { ip: "10.0.0.1", port: ownerPort });
  const asker = server.login("bob", { ip: "10.0.0.2", port: askerPort, speed: 4 });
  owner.send(100, `${PATH} ${MD5} 1000 128 44100 200`);
  owner.take();
  return { server, owner, asker };
}

test("the owner is asked, and his yes brings his address to the asker", () => {
  const { owner, asker } = pair();
  expect(asker.ask(203, `alice ${PATH}`)).toEqual([]);
  expect(owner.take()).toEqual([`607 bob ${PATH}`]);
  owner.send(608, `bob ${PATH}`);
  expect(asker.take()).toEqual([`204 alice ${IP["10.0.0.1"]} 6701 ${PATH} ${MD5} 7`]);
});

test("a refusal and a full queue reach the asker", () => {
  const { owner, asker } = pair();
  asker.send(203, `alice ${PATH}`);
  owner.send(619, `bob ${PATH} 3`).send(609, `bob ${PATH}`);
  expect(asker.take()).toEqual([`620 alice ${PATH} 1000 3`, `609 alice ${PATH}`]);
});

test("a firewalled owner is asked to come", () => {
  const { owner, asker } = pair({ ownerPort: 0 });
  expect(asker.ask(203, `alice ${PATH}`)).toEqual([`204 alice ${IP["10.0.0.1"]} 0 ${PATH} ${MD5} 7`]);
  expect(asker.ask(500, `alice ${PATH}`)).toEqual([]);
  expect(owner.take()).toEqual([`607 bob ${PATH}`]);
  expect(owner.ask(608, `bob ${PATH}`)).toEqual([`501 bob ${IP["10.0.0.2"]} 6702 ${PATH} ${MD5} 4`]);
  expect(asker.take()).toEqual([]);
});

test("two firewalled ones are told so, and nobody who is not firewalled is asked to come", () => {
  const both = pair({ ownerPort: 0, askerPort: 0 });
  expect(both.asker.ask(500, `alice ${PATH}`)).toEqual([`204 alice ${IP["10.0.0.1"]} 0 ${PATH} firewallerror 7`]);
  const late = pair({ ownerPort: 0 });
  late.asker.send(500, `alice ${PATH}`).send(703, "0");
  expect(late.owner.ask(608, `bob ${PATH}`)).toEqual([]);
  expect(pair().asker.ask(500, `alice ${PATH}`)).toEqual(["404 alice is not firewalled"]);
});

test("who is not there or ignores the asker has nothing", () => {
  const { owner, asker } = pair();
  expect(asker.ask(203, `carol ${PATH}`)).toEqual([`206 carol ${PATH}`]);
  owner.send(322, "bob");
  expect(asker.ask(203, `alice ${PATH}`)).toEqual([`206 alice ${PATH}`]);
  expect(asker.ask(203)).toEqual(["404 parameters are unparsable"]);
});

test("direct browsing is asked for and granted", () => {
  const { owner, asker } = pair();
  expect(asker.ask(640, "alice")).toEqual([]);
  expect(owner.take().at(-1)).toBe("640 bob");
  owner.send(641, "bob");
  expect(asker.take()).toEqual([`641 alice ${IP["10.0.0.1"]} 6701`]);
  expect(asker.ask(640, "carol")).toEqual(['642 carol "User is not currently online."']);
});

test("a firewalled owner learns where his visitor is; two firewalled ones do not meet", () => {
  const one = pair({ ownerPort: 0 });
  one.asker.send(640, "alice");
  expect(one.owner.take()).toEqual([`640 bob ${IP["10.0.0.2"]} 6702`]);
  const both = pair({ ownerPort: 0, askerPort: 0 });
  expect(both.asker.ask(640, "alice")).toEqual(['642 alice "You are both behind firewalls."']);
});

test("what a client says of its transfers is counted, and never below nothing", () => {
  const { owner, asker } = pair();
  owner.send(221).send(220).send(220).send(221);
  expect(asker.ask(603, "alice")).toEqual(['604 alice "User" 0 " " "Active" 1 0 1 7 "test 1"']);
});

test("a new data port and speed hold from then on", () => {
  const { owner, asker } = pair();
  owner.send(703, "7777").send(700, "9").send(703, "70000").send(700, "11");
  asker.send(203, `alice ${PATH}`);
  owner.send(608, `bob ${PATH}`);
  expect(asker.take()).toEqual([`204 alice ${IP["10.0.0.1"]} 7777 ${PATH} ${MD5} 9`]);
});
