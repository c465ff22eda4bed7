import { join } from "node:path";
import ts from "typescript";
import { compilerOptions } from "../docs/compile.ts";
import { root } from "../docs/page.ts";

/**
 * The names of all properties of a type that a package exports, or its values where it is a union of strings:
 * `namesOf("nodemailer", "SMTPPoolOptions")`.
 */
export function namesOf(specifier: string, type: string): string[] {
  const file = join(root, "test/migration/peer-type.ts");
  const text = `export type Peer = import("${specifier}").${type};`;
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const program = ts.createProgram([file], options, {
    ...host,
    fileExists: (path) => path === file || fileExists(path),
    getSourceFile: (path, ...rest) =>
      path === file ? ts.createSourceFile(path, text, ts.ScriptTarget.ESNext) : getSourceFile(path, ...rest),
  });
  const [declaration] = program.getSourceFile(file)?.statements ?? [];
  if (declaration === undefined || !ts.isTypeAliasDeclaration(declaration)) throw new Error("There is no type.");
  const found = program.getTypeChecker().getTypeAtLocation(declaration.type);
  const names = (found.isUnion() ? found.types : [found]).flatMap((each) =>
    each.isStringLiteral() ? each.value : each.getProperties().map(({ name }) => name),
  );
  if (names.length === 0) throw new Error(`${specifier} has no type ${type}.`);
  return [...new Set(names)];
}

/** The words in code style in the first columns of a page's tables. */
export function wordsOfFirstColumns(text: string): Set<string> {
  const cells = Array.from(text.matchAll(/^\|([^|]*)\|/gm), ([, cell = ""]) => cell);
  return new Set(cells.flatMap((cell) => Array.from(cell.matchAll(/`([\w.]+)`/g), ([, word = ""]) => word)));
}
