import { describe, expect, it } from "vitest";
import { readLsofLine, readNetstatLine, readProcLine, readSsLine } from "../../../../src/openclaw/server/listener-lines.js";

const seen = (line: ReturnType<typeof readSsLine>) => line && [line.host, line.port, line.pid, line.command];

describe("a line of ss", () => {
  it.each([
    ['LISTEN 0      511        127.0.0.1:18789      0.0.0.0:*    users:(("node",pid=4711,fd=21))', ["127.0.0.1", 18789, 4711, "node"]],
    ['LISTEN 0 511 [::1]:18789 [::]:* users:(("openclaw-gatewa",pid=7,fd=22))', ["::1", 18789, 7, "openclaw-gatewa"]],
    ["LISTEN 0 511 0.0.0.0:18789 0.0.0.0:*", ["0.0.0.0", 18789, null, null]],
    ["LISTEN 0 511 *:18789 *:*", ["*", 18789, null, null]],
    ["LISTEN 0 511 [::]:18789 [::]:*", ["::", 18789, null, null]],
    ["LISTEN 0 4096 [::ffff:127.0.0.1]:18789 *:*", ["::ffff:127.0.0.1", 18789, null, null]],
    ["LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:*", ["127.0.0.53%lo", 53, null, null]],
    ["LISTEN 0 128 [fe80::5054:ff:fe12:3456]%eth0:18789 [::]:*", ["fe80::5054:ff:fe12:3456%eth0", 18789, null, null]],
    ["LISTEN 0 128 fe80::5054:ff:fe12:3456%eth0:18789 [::]:*", ["fe80::5054:ff:fe12:3456%eth0", 18789, null, null]],
    ["LISTEN 0 50 100.101.102.103:18789 0.0.0.0:*", ["100.101.102.103", 18789, null, null]],
    ['LISTEN 0 511 *:18789 *:* users:(("node",pid=12,fd=21),("node",pid=13,fd=21))', ["*", 18789, 12, "node"]],
    ['LISTEN     0      128        :::18789       :::*      users:(("node",4711,3))', ["::", 18789, 4711, "node"]],
    ["LISTEN     0      128        ::1:18789       :::*", ["::1", 18789, null, null]],
    ['LISTEN 0 4096 0.0.0.0:18789 0.0.0.0:* users:(("docker-proxy",pid=999,fd=4))', ["0.0.0.0", 18789, 999, "docker-proxy"]],
    ["State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess", undefined],
    ["ESTAB 0 0 127.0.0.1:18789 127.0.0.1:55012", undefined],
    ["LISTEN 0 128 /run/some.sock 12345", undefined],
    ["", undefined],
  ])("%j", (line, wanted) => {
    expect(seen(readSsLine(line))).toEqual(wanted);
  });

  it("is kept as evidence, with single spaces and nothing that moves a cursor", () => {
    expect(readSsLine("LISTEN 0      511 \u001b[2J 127.0.0.1:18789")?.evidence).toBeUndefined();
    expect(readSsLine('LISTEN 0   511   *:18789  *:*  users:(("a\u001b[2J",pid=1,fd=2))')?.evidence).toBe(
      'LISTEN 0 511 *:18789 *:* users:(("a\\u{1b}[2J",pid=1,fd=2))',
    );
  });
});

describe("a line of netstat", () => {
  it.each([
    ["tcp        0      0 127.0.0.1:18789         0.0.0.0:*               LISTEN      4711/node", ["127.0.0.1", 18789, 4711, "node"]],
    ["tcp        0      0 0.0.0.0:18789           0.0.0.0:*               LISTEN      -", ["0.0.0.0", 18789, null, null]],
    [
      "tcp6       0      0 :::18789                :::*                    LISTEN      4711/openclaw-gatew",
      ["::", 18789, 4711, "openclaw-gatew"],
    ],
    [
      "tcp6       0      0 ::1:18789               :::*                    LISTEN      1058/sshd: /usr/sbi",
      ["::1", 18789, 1058, "sshd: /usr/sbi"],
    ],
    ["tcp        0      0 :::18789                :::*                    LISTEN", ["::", 18789, null, null]],
    ["tcp4       0      0  127.0.0.1.18789        *.*                    LISTEN", ["127.0.0.1", 18789, null, null]],
    ["tcp46      0      0  *.18789                *.*                    LISTEN", ["*", 18789, null, null]],
    ["tcp6       0      0  ::1.18789              *.*                    LISTEN", ["::1", 18789, null, null]],
    ["tcp6       0      0  fe80::1%lo0.18789      *.*                    LISTEN", ["fe80::1%lo0", 18789, null, null]],
    ["tcp4       0      0  192.168.1.5.18789      192.168.1.7.50211      ESTABLISHED", undefined],
    ["tcp        0      0 127.0.0.1:18789         127.0.0.1:50211         ESTABLISHED 4711/node", undefined],
    ["Active Internet connections (only servers)", undefined],
    ["Proto Recv-Q Send-Q Local Address           Foreign Address         State", undefined],
    ["unix  2      [ ACC ]     STREAM     LISTENING     18789    /run/some.sock", undefined],
  ])("%j", (line, wanted) => {
    expect(seen(readNetstatLine(line))).toEqual(wanted);
  });
});

describe("a line of lsof", () => {
  it.each([
    ["node    4711 me   21u  IPv4 0x1234567890abcdef      0t0  TCP 127.0.0.1:18789 (LISTEN)", ["127.0.0.1", 18789, 4711, "node"]],
    ["node    4711 me   22u  IPv6 0x1234567890abcdef      0t0  TCP [::1]:18789 (LISTEN)", ["::1", 18789, 4711, "node"]],
    ["node    4711 me   21u  IPv6 0x12      0t0  TCP *:18789 (LISTEN)", ["*", 18789, 4711, "node"]],
    ["com.docke 99 me 5u IPv6 0x12 0t0 TCP *:18789 (LISTEN)", ["*", 18789, 99, "com.docke"]],
    ["node    4711 me   25u  IPv4 0x12      0t0  TCP 127.0.0.1:18789->127.0.0.1:50211 (ESTABLISHED)", undefined],
    ["COMMAND  PID USER   FD   TYPE   DEVICE SIZE/OFF NODE NAME", undefined],
  ])("%j", (line, wanted) => {
    expect(seen(readLsofLine(line))).toEqual(wanted);
  });
});

describe("a line of the kernel's table", () => {
  const rest = "00000000:00000000 00:00000000 00000000  1000        0 13624427 1 000000009b437883 100 0 0 10 0";

  it.each([
    [`   0: 0100007F:4965 00000000:0000 0A ${rest}`, ["127.0.0.1", 18789]],
    [`   1: 00000000:4965 00000000:0000 0A ${rest}`, ["0.0.0.0", 18789]],
    [`   2: 00000000000000000000000001000000:4965 00000000000000000000000000000000:0000 0A ${rest}`, ["::1", 18789]],
    [`   3: 00000000000000000000000000000000:4965 00000000000000000000000000000000:0000 0A ${rest}`, ["::", 18789]],
    [`   4: 0000000000000000FFFF00000100007F:4965 00000000000000000000000000000000:0000 0A ${rest}`, ["::ffff:127.0.0.1", 18789]],
    [`   5: 0100007F:4965 0100007F:C3F2 01 ${rest}`, undefined],
    ["  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", undefined],
  ])("%j", (line, wanted) => {
    const read = readProcLine(line);
    expect(read && [read.host, read.port]).toEqual(wanted);
    expect(read?.inode).toBe(wanted && "13624427");
  });

  it("says in its evidence which address the hexadecimal is", () => {
    expect(readProcLine(`   0: 0100007F:4965 00000000:0000 0A ${rest}`)?.evidence).toBe(
      "0: 0100007F:4965 00000000:0000 0A (127.0.0.1:18789)",
    );
  });
});
