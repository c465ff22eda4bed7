import type { Sent } from "../contender.ts";

/** What became of a send, as a response. */
export async function answer(send: () => Promise<unknown>): Promise<Response> {
  try {
    await send();
    return Response.json({} satisfies Sent);
  } catch (error) {
    return Response.json({ error: String(error) } satisfies Sent);
  }
}
