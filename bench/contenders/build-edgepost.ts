import { buildMime } from "@edgepost/core";
import type { Contender } from "../harness/bench.ts";
import { type BuildTask, buildEach } from "../work/building.ts";

export default {
  name: "buildMime",
  async open(task) {
    return buildEach(task, async (letter) => (await buildMime(letter)).bytes());
  },
} satisfies Contender<BuildTask>;
