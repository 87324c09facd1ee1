/** What one read takes at most. */
const bufferBytes = 128 * 1024;
/** As many as are between a read and the write after it at a time, and a few more. */
const sparesMax = 8;

const spares: Buffer[] = [];
const lent = new WeakMap<Buffer, Buffer>();

/**
 * A buffer to read into. One made anew for each read costs as much as the reading itself: the allocator gives the memory back to the
 * system after it, and every page of it has to be found again.
 */
export function takeReadBuffer(): Buffer {
  return spares.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
}

/** What has been read into a buffer, for one reader. The buffer is used again if that says so, and else is gone with what is read. */
export function lendRead(buffer: Buffer, bytes: number): Buffer {
  const chunk = buffer.subarray(0, bytes);
  lent.set(chunk, buffer);
  return chunk;
}

/** To be called by whoever was the only reader of `chunk`, and will not look at it again. For any other buffer nothing happens. */
export function giveBackRead(chunk: Buffer): void {
  const buffer = lent.get(chunk);
  if (buffer !== undefined && lent.delete(chunk)) giveBackUnread(buffer);
}

/** One that nothing was read into. */
export function giveBackUnread(buffer: Buffer): void {
  if (spares.length < sparesMax) spares.push(buffer);
}
