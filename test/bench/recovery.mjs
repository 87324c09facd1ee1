import { startService } from "./helpers.mjs";
import { clients, clientsInOutage, dropCount, dropsInARow, outage, returns, silences, tunnelsPerServer, wakes } from "./recovery-cases.mjs";
import { autossh5, autossh15, clawtunnel } from "./recovery-contenders.mjs";
import { dropPauseMs, measureDrop } from "./recovery-killed.mjs";
import { watchAgain, watchStatus } from "./recovery-truth.mjs";
import { spread } from "./report.mjs";
import { inScope } from "./support.mjs";

const autosshes = [autossh15, autossh5];
const dropsBoundMs = 150_000;
const clientBoundMs = 75_000;

/** How soon a tunnel works again after a loss, and whether its status is true meanwhile. */
export async function recovery(scope, { isFull }) {
  const service = await startService(scope, "http");
  const scale = isFull ? 2 : 1;
  const drops = await measureDrops(scope, service.port, 11 * scale);
  const own = await measureOwn(scope, service.port, scale);
  const peers = await measurePeers(scope, service.port, 3 * scale);
  return [
    {
      what: "session killed on the server → first byte",
      unit: "ms",
      clawtunnel: drops.own,
      peer: { name: "autossh", samples: drops.peer },
      goal: { max: 50 },
    },
    {
      what: `the ${dropCount}th drop in a row, ${dropPauseMs / 1000} s after the one before was made good`,
      unit: "ms",
      clawtunnel: own.dropsInARow.last,
      peer: { name: "autossh", samples: peers.dropsInARow.last, note: describeDrops(peers.dropsInARow.madeGood) },
      goal: { max: 50 },
    },
    {
      what: "silent peer, nobody uses the tunnel → a new session has logged in",
      unit: "s",
      clawtunnel: inSeconds(own.silences),
      peer: autosshes.map(({ name }, index) => ({ name, samples: inSeconds(peers.silences[index]) })),
      goal: { max: 6, worstMax: 8 },
    },
    {
      what: "silent peer, a client connects → that client is served",
      unit: "s",
      clawtunnel: inSeconds(own.clients.map(servedMs)),
      peer: autosshes.map(({ name }, index) => describeClients(name, peers.clients[index])),
      goal: { worstMax: 2.5 },
    },
    {
      what: "stopped for 13 s, and the peer silent since → first byte after it goes on",
      unit: "s",
      clawtunnel: inSeconds(own.wakes),
      peer: autosshes.map(({ name }, index) => ({ name, samples: inSeconds(peers.wakes[index]) })),
      goal: { worstMax: 1.5 },
    },
    {
      what: `server back after 30 s → first byte, each of its ${tunnelsPerServer} tunnels`,
      unit: "s",
      clawtunnel: inSeconds(own.returns),
      peer: { name: "autossh", samples: inSeconds(peers.returns) },
      goal: { max: 1, worstMax: 3 },
    },
    {
      what: `of ${clientsInOutage} clients that connect while the server is away for 5 s, not served`,
      unit: "clients",
      clawtunnel: [countUnserved(own.outage)],
      peer: { name: "autossh", samples: [countUnserved(peers.outage)] },
      goal: { max: 0 },
    },
    {
      what: `\`verified\` said of a tunnel that was dead, of answers: ${describeAnswers(own.counts)}`,
      unit: "answers",
      clawtunnel: [own.counts.reduce((total, { wrong }) => total + wrong, 0)],
      goal: { max: 0 },
    },
  ];
}

async function measureDrops(scope, servicePort, rounds) {
  const samples = { own: [], peer: [] };
  for (let round = 0; round < rounds; round += 1) {
    samples.own.push(await measureDrop(scope, clawtunnel, servicePort));
    samples.peer.push(await measureDrop(scope, autossh15, servicePort));
  }
  return samples;
}

/** One case after another: these are fractions of a second. */
async function measureOwn(scope, servicePort, scale) {
  const counts = [];
  const watch = (name, tunnels) => {
    const unwatch = watchStatus(name, tunnels);
    return async () => counts.push(await unwatch());
  };
  const play = (what, options) => {
    console.error(`  clawtunnel: ${what.name} …`);
    return inScope(scope, (own) => what(own, { contender: clawtunnel, servicePort, ...options }));
  };
  const measured = {
    dropsInARow: await play(dropsInARow, { count: 7, boundMs: dropsBoundMs }),
    silences: await play(silences, { count: 12 * scale }),
    clients: await play(clients, { count: 11 * scale, boundMs: clientBoundMs }),
    wakes: await play(wakes, { count: 7 * scale }),
    returns: await play(returns, { count: 3 * scale, watch }),
    outage: await play(outage, { watch }),
  };
  counts.push(...(await play(watchAgain, {})));
  return { ...measured, counts };
}

/** All cases together: for the most part they wait. */
async function measurePeers(scope, servicePort, count) {
  console.error("  autossh: everything at once …");
  const play = (what, contender, options) => inScope(scope, (own) => what(own, { contender, servicePort, count, ...options }));
  const ofBoth = (what, options) => Promise.all(autosshes.map((contender) => play(what, contender, options)));
  const measuring = {
    silences: ofBoth(silences),
    clients: ofBoth(clients, { boundMs: clientBoundMs }),
    wakes: ofBoth(wakes),
    returns: play(returns, autossh15, { count: 1 }),
    outage: play(outage, autossh15),
    dropsInARow: play(dropsInARow, autossh15, { boundMs: dropsBoundMs }),
  };
  const measured = await Promise.all(Object.values(measuring));
  return Object.fromEntries(Object.keys(measuring).map((name, index) => [name, measured[index]]));
}

function inSeconds(samples) {
  return samples.map((ms) => ms / 1000);
}

function servedMs({ outcome, tookMs }) {
  return outcome === "served" ? tookMs : Infinity;
}

function countUnserved(outcomes) {
  return outcomes.filter((outcome) => outcome !== "served").length;
}

function describeDrops(madeGood) {
  return `within ${dropsBoundMs / 1000} s; made good: ${madeGood.join(", ")} of ${dropCount}`;
}

function describeClients(name, answers) {
  const ends = answers.filter(({ outcome }) => outcome !== "served");
  const { min, max } = spread(inSeconds(ends.map(({ tookMs }) => tookMs)));
  const note = `${[...new Set(ends.map(({ outcome }) => outcome))].join(" or ")} after ${min?.toFixed(1)} to ${max?.toFixed(1)} s`;
  return { name, samples: inSeconds(answers.map(servedMs)), ...(ends.length > 0 && { note }) };
}

function describeAnswers(counts) {
  const totals = new Map();
  for (const { name, answers } of counts) totals.set(name, (totals.get(name) ?? 0) + answers);
  return [...totals].map(([name, answers]) => `${name} ${answers}`).join(", ");
}
