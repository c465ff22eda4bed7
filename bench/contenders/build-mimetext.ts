import { createMimeMessage } from "mimetext";
import type { Contender } from "../harness/bench.ts";
import { type BuildTask, buildEach } from "../work/building.ts";

/** It writes text as it was given: neither encoded, nor its lines repaired. */
export default {
  name: "mimetext",
  async open(task) {
    return buildEach(task, ({ from, to, subject, text, html }) => {
      const message = createMimeMessage();
      message.setSender(from);
      message.setRecipient(to);
      message.setSubject(subject);
      message.addMessage({ contentType: "text/plain", data: text });
      message.addMessage({ contentType: "text/html", data: html });
      return Buffer.from(message.asRaw());
    });
  },
} satisfies Contender<BuildTask>;
