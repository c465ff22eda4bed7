import type { Player } from "../harness/bench.ts";
import { LETTER_OCTETS, type Letter, letter } from "./sending.ts";

/** What every builder is asked to do. */
export interface BuildTask {
  /** Messages of one turn. */
  readonly messages: number;
  /** `german` needs quoted-printable, `japanese` base64. */
  readonly language: keyof typeof TEXTS;
}

const TEXTS = {
  english: undefined,
  german: "Für die Prüfung der Größe Ihres Gerätes wählen wir übermorgen eine ruhige Stunde.\n"
    .repeat(30)
    .slice(0, 1_900),
  japanese: "いろはにほへと ちりぬるを わかよたれそ つねならむ\n".repeat(40).slice(0, 800),
};

/** One after another, each looked at: what is smaller than its text was not built. */
export function buildEach(
  { messages, language }: BuildTask,
  build: (letter: Letter) => Uint8Array | Promise<Uint8Array>,
): Player {
  const text = TEXTS[language];
  return {
    async turn() {
      for (let index = 0; index < messages; index++) {
        const { length } = await build({ ...letter(index), ...(text !== undefined && { text }) });
        if (length < LETTER_OCTETS) throw new Error(`A message has only ${length} octets.`);
      }
    },
  };
}
