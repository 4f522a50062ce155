import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { fromMatrix, MATRIX_HOSTS_MAX, parseLatencyMatrix } from "./latency-matrix.ts";

const random = new RandomStream("7", "unused");

const KING = `# measured
topology E2EGraph 3
failure_model NullFailureModel

node 1 first
node 2
node 3
1,2 87
# not answered
1,3 -1
2,3 20
`;

test("a topology file of p2psim gives the pairs of both directions, and the median where nothing was measured", () => {
  const matrix = parseLatencyMatrix(KING);
  if (!matrix.ok) throw new Error(matrix.problem);
  expect(matrix.value.hosts).toBe(3);
  expect([...matrix.value.ms]).toEqual([0, 87, 87, 87, 0, 20, 87, 20, 0]);
  expect(matrix.value.missing).toBe(2);

  const latency = fromMatrix(matrix.value);
  expect([latency(1, 2, random), latency(2, 1, random), latency(4, 0, random), latency(3, 0, random)]).toEqual([
    20, 20, 87, 0,
  ]);
});

test("a square of numbers gives each direction its own, in the unit that was named", () => {
  const matrix = parseLatencyMatrix("# round trips\n0 10 20\n\n30,0,50\r\n60\t70 0\n", 0.5);
  if (!matrix.ok) throw new Error(matrix.problem);
  expect([...matrix.value.ms]).toEqual([0, 5, 10, 15, 0, 25, 30, 35, 0]);
  expect(fromMatrix(matrix.value)(0, 2, random)).toBe(10);
});

test.each([
  ["", "neither a topology nor rows"],
  ["0 1\n1 0\n2 2\n", "line 3: expected 2 rows"],
  ["0 1\n", "expected 2 rows, as many as columns, got 1"],
  ["0 1\n1\n", "line 2: expected 2 numbers as in the first row, got 1"],
  ["0 1\nx 0\n", 'line 2: measurement: expected a number such as 87.5, got "x"'],
  ["0 1e3\n1 0\n", 'line 1: measurement: expected a number such as 87.5, got "1e3"'],
  ["0 99999\n1 0\n", "line 1: measurement: expected at most 60000 ms, got 99999 ms"],
  ["0 0\n0 0\n", "no pair has a latency above 0"],
  [`${"1 ".repeat(MATRIX_HOSTS_MAX + 1)}\n`, `line 1: a matrix has at most ${MATRIX_HOSTS_MAX} hosts`],
  ["topology Euclidean 3\n", 'line 1: expected topology E2EGraph, got "Euclidean"'],
  ["topology E2EGraph\n", "line 1: expected a number of hosts from 1 to 8000, got nothing"],
  ["topology E2EGraph 9000000\n", "line 1: expected a number of hosts from 1 to 8000"],
  ["topology E2EGraph 2\n\n1,3 5\n", "line 3: expected hosts from 1 to 2"],
  ["topology E2EGraph 2\n\n1 2 5\n", "line 3: expected a pair and a number such as 1,2 87"],
  ["topology E2EGraph 2\n\n1,2\n", "line 3: expected one number after the pair"],
  ["topology E2EGraph 2\n\n1,2 many\n", 'line 3: measurement: expected a number such as 87.5, got "many"'],
  ["topology E2EGraph 2\ntopology E2EGraph 2\n", "line 2: there is a second topology"],
  ["topology E2EGraph 2\n\nnode 1\n", "no pair has a latency above 0"],
])("of the text %j it says what is wrong, and where", (text, expected) => {
  expect(parseLatencyMatrix(text)).toEqual({ ok: false, problem: expect.stringContaining(expected) });
});

test("a file as large as King's is read", () => {
  const hosts = 1740;
  const lines = [`topology E2EGraph ${hosts}`, ""];
  for (let one = 1; one <= hosts; one += 3) {
    for (let other = one + 1; other <= hosts; other++) lines.push(`${one},${other} ${(one * 31 + other * 17) % 400}`);
  }
  const matrix = parseLatencyMatrix(lines.join("\n"));
  if (!matrix.ok) throw new Error(matrix.problem);
  expect(matrix.value.ms.length).toBe(hosts * hosts);
  expect(fromMatrix(matrix.value)(3, 1000, random)).toBe((4 * 31 + 1001 * 17) % 400);
});
