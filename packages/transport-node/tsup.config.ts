import { doors } from "../../tsup.base.ts";

export default doors({ formats: ["esm", "cjs"] });
