import { formatAddress, parsePort } from "../../base/address.js";

/** More than any list by hand; a range may name all ports there are. */
const portsMax = 1_000;

/** `9000`, `localhost:9000`, `8000-8010,8080`, `[::1]:9000` or the path of a socket, as boring writes them: one endpoint each. A text says what is wrong. */
export function expandBoringAddress(text: string): string[] | string {
  const isPortsAlone = /^[\d,-]+$/.test(text);
  const at = text.lastIndexOf(":");
  if (!isPortsAlone && at < 0) return [text];
  const host = isPortsAlone ? "localhost" : text.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  const ports: number[] = [];
  for (const item of text.slice(isPortsAlone ? 0 : at + 1).split(",")) {
    const [first = "", last = first] = item.split("-");
    const [low, high] = [parsePort(first), parsePort(last)];
    if (!(low >= 1 && high <= 65_535 && low <= high)) return `"${item}" is no port and no range of ports`;
    if (ports.length + high - low >= portsMax) return `"${text}" is more than ${portsMax} ports`;
    for (let port = low; port <= high; port += 1) ports.push(port);
  }
  return ports.map((port) => formatAddress({ host: host === "" ? "localhost" : host, port }));
}
