import type { Message } from "@edgepost/core";

/** Something about a message that works, and that its author would like to know. */
export interface Warning {
  readonly code: "no-subject" | "no-body" | "no-text" | "html-clipped" | "remote-content" | "active-content" | "large";
  readonly message: string;
}

/** Gmail shows this much of a message and hides the rest behind a link. */
const GMAIL_CLIPS_CHARACTERS = 102_000;
/** Many servers refuse more, and mailing lists much less. */
const LARGE_BYTES = 10 * 1024 * 1024;

export function findWarnings({ subject, text, html = "", raw }: Message, size: number): readonly Warning[] {
  const warnings: readonly (Warning & { readonly applies: boolean })[] = [
    {
      code: "no-subject",
      message: "There is no subject.",
      applies: subject === "" && raw === undefined,
    },
    {
      code: "no-body",
      message: "There is neither text nor HTML.",
      applies: text === undefined && html === "" && raw === undefined,
    },
    {
      code: "no-text",
      message: "There is HTML and no text for readers that show none; `textFromHtml` makes one.",
      applies: text === undefined && html !== "",
    },
    {
      code: "html-clipped",
      message: "The HTML is longer than Gmail shows at once.",
      applies: html.length > GMAIL_CLIPS_CHARACTERS,
    },
    {
      code: "remote-content",
      message: "The HTML loads something from the network, which many readers do not until asked.",
      applies: /<[^>]+\b(?:src|background)\s*=\s*["']?(?:https?:)?\/\/|url\(\s*["']?(?:https?:)?\/\//i.test(html),
    },
    {
      code: "active-content",
      message: "The HTML holds scripts, forms or frames, which mail programs remove.",
      applies: /<(?:script|iframe|form|object|embed)\b|\son\w+\s*=/i.test(html),
    },
    {
      code: "large",
      message: "The message is larger than many servers take.",
      applies: size > LARGE_BYTES,
    },
  ];
  return warnings.filter(({ applies }) => applies).map(({ code, message }) => ({ code, message }));
}
