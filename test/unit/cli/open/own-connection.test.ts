import { expect, it } from "vitest";
import { ownerInTable } from "../../../../src/cli/open/own-connection.js";

// As Linux 6.1 prints it: a listener at 40001, and both ends of a connection to it from 50000.
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C350 0100007F:9C41 01 00000000:00000000 00:00000000 00000000  1001        0 12 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:9C41 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0000000000000000 20 4 30 10 -1
`;

it("sees whose the other end of a connection is, not whose this one is", () => {
  expect(ownerInTable(table, { remotePort: 50_000, localPort: 40_001 })).toBe(1001);
  expect(ownerInTable(table, { remotePort: 50_001, localPort: 40_001 })).toBeUndefined();
  expect(ownerInTable("", { remotePort: 50_000, localPort: 40_001 })).toBeUndefined();
});
