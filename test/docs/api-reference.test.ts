import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Door, doors, folderOf, specifierOf } from "../packaging/doors.ts";
import { compilerOptions } from "./compile.ts";

// Whatever can be imported is explained where it is declared, down to the fields of what it takes and gives: an editor
// shows it, and the API reference is made of it.

const sources = doors.map((door) => ({ specifier: specifierOf(door), file: sourceOf(door) }));
const program = ts.createProgram(
  sources.map(({ file }) => file),
  compilerOptions(),
);
const checker = program.getTypeChecker();

describe("every public name", () => {
  it.each(sources)("of $specifier has a docstring, and so have its members", ({ specifier, file }) => {
    // The fields of a platform's form are the platform's own, explained at the address that stands beside the form.
    const isForms = specifier === "@edgepost/core/connectors";
    const names = exportsOf(file).flatMap(unexplained);
    expect(isForms ? names.filter((name) => !name.includes(".")) : names).toEqual([]);
  });
});

/** `.` is `src/index.ts`, `./smtp` is `src/smtp.ts`. */
function sourceOf(door: Door): string {
  const name = door.door === "." ? "index" : door.door.slice(2);
  return fileURLToPath(new URL(`src/${name}.ts`, folderOf(door.package)));
}

function exportsOf(file: string): ts.Symbol[] {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} exports nothing.`);
  return checker.getExportsOfModule(module).map((symbol) => {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  });
}

function unexplained(symbol: ts.Symbol): string[] {
  const names = isExplained(symbol) ? [] : [symbol.name];
  const members = (symbol.declarations ?? []).flatMap(membersOf).filter((member) => !isExplained(member));
  return [...names, ...members.map((member) => `${symbol.name}.${member.name}`)];
}

function isExplained(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0;
}

/** Of an interface, a class, or an object type. The shapes of a union are explained together, by the union. */
function membersOf(declaration: ts.Node): ts.Symbol[] {
  if (ts.isTypeAliasDeclaration(declaration)) return membersOf(declaration.type);
  if (ts.isIntersectionTypeNode(declaration)) return declaration.types.flatMap(membersOf);
  const hasMembers =
    ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration) || ts.isTypeLiteralNode(declaration);
  if (!hasMembers) return [];
  const members: ts.NodeArray<ts.Node> = declaration.members;
  return members.filter(isPublicMember).flatMap((member) => checker.getSymbolAtLocation(member.name) ?? []);
}

type Member = ts.PropertySignature | ts.MethodSignature | ts.PropertyDeclaration | ts.MethodDeclaration;

function isPublicMember(node: ts.Node): node is Member {
  const isMember =
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node);
  if (!isMember || ts.isPrivateIdentifier(node.name) || ts.isComputedPropertyName(node.name)) return false;
  if (node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.OverrideKeyword)) return false;
  // The tag of a union, and a field that one of its shapes does not have, say themselves.
  const saysItself =
    node.type?.kind === ts.SyntaxKind.UndefinedKeyword || (node.type && ts.isLiteralTypeNode(node.type));
  return !saysItself;
}
