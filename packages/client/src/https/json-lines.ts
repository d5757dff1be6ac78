// A watch on the wire: one JSON document a line.

/** Parses each complete line of a byte stream; an unfinished last line (a lost connection) is dropped. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  // Bytes are joined before they are decoded, so that a character split over two chunks stays whole.
  let pending: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
      pending = [];
      start = end + 1;
      if (line.trim() !== '') yield JSON.parse(line) as unknown;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
}
