import { expect, it } from "vitest";
import { ownersInTable } from "../../../../src/cli/open/own-connection.js";

// As Linux 6.1 prints it: a listener at 40001, and both ends of a connection to it from 50000.
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C350 0100007F:9C41 01 00000000:00000000 00:00000000 00000000  1001        0 12 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:9C41 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0000000000000000 20 4 30 10 -1
`;

it("sees whose the other end of a connection is, not whose this one is", () => {
  expect(ownersInTable(table, { remotePort: 50_000, localPort: 40_001 })).toEqual([1001]);
  expect(ownersInTable(table, { remotePort: 50_001, localPort: 40_001 })).toEqual([]);
  expect(ownersInTable("", { remotePort: 50_000, localPort: 40_001 })).toEqual([]);
});

it("does not take a closed connection between the same ports, which is root's, for the open one", () => {
  const closed = "   3: 0200007F:C350 0100007F:9C41 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000";
  const lines = table.split("\n");
  const both = [...lines.slice(0, 1), closed, ...lines.slice(1)].join("\n");
  expect(ownersInTable(both, { remotePort: 50_000, localPort: 40_001 })).toEqual([0, 1001]);
});

it("sees the owner of a socket of IPv6 that has connected to 127.0.0.1", () => {
  const mapped =
    "   0: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:9C41 01 0:0 00:0 0  1001        0 14 1 0 20 4 30 10 -1";
  expect(ownersInTable(mapped, { remotePort: 50_000, localPort: 40_001 })).toEqual([1001]);
});
