import { fileURLToPath } from "node:url";
import ts from "typescript";
import { type Door, doors, folderOf } from "../packaging/doors.ts";
import { compilerOptions } from "./compile.ts";

const program = ts.createProgram(doors.map(sourceOf), compilerOptions());
const checker = program.getTypeChecker();

/** What a door exports, where it is declared. */
export function exportsOf(door: Door): ts.Symbol[] {
  const source = program.getSourceFile(sourceOf(door));
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${sourceOf(door)} exports nothing.`);
  return checker.getExportsOfModule(module).map((symbol) => {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  });
}

/** `.` is `src/index.ts`, `./smtp` is `src/smtp.ts`. */
function sourceOf(door: Door): string {
  const name = door.door === "." ? "index" : door.door.slice(2);
  return fileURLToPath(new URL(`src/${name}.ts`, folderOf(door.package)));
}

/** Whether it is there at run time, and no type alone. */
export function isValue({ flags }: ts.Symbol): boolean {
  return (flags & ts.SymbolFlags.Value) !== 0;
}

/** The code of the examples in a docstring. */
export function examplesOf(symbol: ts.Symbol): string[] {
  const tags = symbol.getJsDocTags(checker).filter(({ name }) => name === "example");
  return tags.map(({ text }) => ts.displayPartsToString(text));
}

/** The names of an export and its members that have no docstring. */
export function unexplained(symbol: ts.Symbol): string[] {
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
