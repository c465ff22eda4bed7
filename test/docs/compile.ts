import { dirname, join } from "node:path";
import ts from "typescript";
import { type Block, type Page, root } from "./page.ts";

/**
 * Compiles every TypeScript block of these pages against the sources of the packages, in one program, and tells what the
 * compiler complains about, each with page and line.
 */
export function compilePages(pages: readonly Page[]): string[] {
  const sources = new Map(pages.flatMap(sourcesOf));
  const host = hostWith(sources);
  const program = ts.createProgram([...sources.keys(), CLOUDFLARE_TYPES], compilerOptions(), host);
  const problems = [...sources.keys()].flatMap((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)),
  );
  return problems.map((problem) => describe(problem, sources));
}

interface Source {
  readonly page: Page;
  readonly block: Block;
  readonly text: string;
}

/** `cloudflare:workers` and `cloudflare:sockets`, as far as we use them. */
const CLOUDFLARE_TYPES = join(root, "packages/transport-edge/src/cloudflare.d.ts");

function sourcesOf(page: Page): [string, Source][] {
  return page.blocks.filter(isTypeScript).map((block) => {
    const name = block.mark?.kind === "file" ? block.mark.words.join(" ") : `line-${block.line}.ts`;
    // Behind the code, so that its lines keep their numbers.
    const text = `${block.code}\n${missingDeclarations(page, block).join("\n")}\n`;
    return [join(root, ".cache/docs", page.path, name), { page, block, text }];
  });
}

function isTypeScript(block: Block): boolean {
  return block.language === "ts" || block.language === "tsx";
}

/** What the page has given and this block does not declare itself. */
function missingDeclarations(page: Page, block: Block): string[] {
  if (block.mark?.kind === "run") return [];
  const declared = new Set(Array.from(block.code.matchAll(DECLARATION), ([, name]) => name));
  for (const [, names = ""] of block.code.matchAll(BRACES)) {
    for (const name of names.split(",")) declared.add(name.trim());
  }
  return page.given.filter(
    (line) => !declared.has(/^(?:declare )?(?:const|function|class|interface|type) (\w+)/.exec(line)?.[1]),
  );
}

const DECLARATION = /\b(?:const|let|using|function|class|interface|type) (\w+)/g;
/** `import { a, b }` and `const { a, b }`. */
const BRACES = /\b(?:import|const|let)(?: type)? \{([^}]*)\}/g;

/** Sources that are on no disk, beside those that are. */
function hostWith(sources: ReadonlyMap<string, Source>): ts.CompilerHost {
  const host = ts.createCompilerHost(compilerOptions());
  const folders = new Set([...sources.keys()].map(dirname));
  const { fileExists, readFile, getSourceFile } = host;
  return {
    ...host,
    fileExists: (path) => sources.has(path) || fileExists(path),
    readFile: (path) => sources.get(path)?.text ?? readFile(path),
    directoryExists: (path) => folders.has(path) || ts.sys.directoryExists(path),
    getSourceFile(path, target, onError) {
      const source = sources.get(path);
      return source === undefined
        ? getSourceFile(path, target, onError)
        : ts.createSourceFile(path, source.text, target);
    },
  };
}

/** Those of the tests, which know Node and the web. */
export function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  // A block is a module, also one that imports nothing.
  return { ...options, moduleDetection: ts.ModuleDetectionKind.Force };
}

function describe(problem: ts.Diagnostic, sources: ReadonlyMap<string, Source>): string {
  const message = ts.flattenDiagnosticMessageText(problem.messageText, "\n");
  if (problem.file === undefined) return message;
  const { line } = problem.file.getLineAndCharacterOfPosition(problem.start ?? 0);
  const source = sources.get(problem.file.fileName);
  if (source === undefined) return `${problem.file.fileName}:${line + 1}: ${message}`;
  return `${source.page.path}:${source.block.line + line}: ${message}`;
}
