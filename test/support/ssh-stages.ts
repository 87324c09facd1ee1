/** How far a server has come in its side of a connection, in bytes that it has sent. */
export interface HandshakeStage {
  readonly name: string;
  readonly bytes: number;
}

interface Packet {
  readonly start: number;
  readonly end: number;
  readonly isEncrypted: boolean;
  /** RFC 4253, 12; meaningless in an encrypted one. */
  readonly type: number;
  readonly lengthField: number;
}

const newKeys = 21;
/** With AES-GCM (RFC 5647) the length stays readable, and a tag follows. */
const tagBytes = 16;
/** The least an AES-GCM packet can have: all that a message without fields (USERAUTH_SUCCESS) needs. */
const emptyMessageLength = 16;
/** CHANNEL_OPEN_CONFIRMATION has four numbers. */
const channelConfirmationLength = 32;

/** Where to cut, found in everything that a server has sent from its greeting to its first channel, ssh2 being the client. */
export function findStages(sent: Buffer): HandshakeStage[] {
  const greetingEnd = sent.indexOf("\n") + 1;
  const packets = readPackets(sent, greetingEnd);
  const [offer, exchange, keys] = packets;
  const success = packets.find(({ isEncrypted, lengthField }) => isEncrypted && lengthField === emptyMessageLength);
  const channel = packets.find(
    ({ start, lengthField }) => success !== undefined && start > success.start && lengthField === channelConfirmationLength,
  );
  if (offer === undefined || exchange === undefined || keys?.type !== newKeys || success === undefined || channel === undefined) {
    throw new Error(`this is no log-in as expected: ${JSON.stringify(packets)}`);
  }
  const middle = ({ start, end }: { start: number; end: number }) => Math.floor((start + end) / 2);
  return [
    { name: "before its greeting", bytes: 0 },
    { name: "in its greeting", bytes: Math.floor(greetingEnd / 2) },
    { name: "after its greeting", bytes: greetingEnd },
    { name: "in its key exchange offer", bytes: middle(offer) },
    { name: "after its key exchange offer", bytes: offer.end },
    { name: "in the key exchange", bytes: middle(exchange) },
    { name: "after its new keys", bytes: keys.end },
    { name: "in the log-in", bytes: middle({ start: keys.end, end: success.start }) },
    { name: "in its welcome", bytes: middle(success) },
    { name: "after its welcome", bytes: success.end },
    { name: "in its first channel", bytes: middle(channel) },
  ];
}

function readPackets(sent: Buffer, from: number): Packet[] {
  const packets: Packet[] = [];
  let isEncrypted = false;
  for (let start = from; start + 6 <= sent.length; ) {
    const lengthField = sent.readUInt32BE(start);
    const type = sent[start + 5] ?? 0;
    const end = start + 4 + lengthField + (isEncrypted ? tagBytes : 0);
    packets.push({ start, end, isEncrypted, type, lengthField });
    isEncrypted ||= type === newKeys;
    start = end;
  }
  return packets;
}
