/**
 * The types of files that people attach, by extension, as IANA has registered them where it has.
 *
 * A table of our own: `mrmime` leaves out all types of vendors and with them every Office document, and the complete
 * tables weigh more than the whole path of a message. What is missing here is `application/octet-stream`, which every
 * reader opens by the extension anyway. A test compares it with the table of `libmime`.
 */
const EXTENSIONS_OF: Readonly<Record<string, string>> = {
  "application/epub+zip": "epub",
  "application/gzip": "gz tgz",
  "application/json": "json",
  "application/msword": "doc",
  "application/pdf": "pdf",
  "application/pkcs7-mime": "p7m",
  "application/pkcs7-signature": "p7s",
  "application/postscript": "ps eps",
  "application/rtf": "rtf",
  "application/vnd.apple.pkpass": "pkpass",
  "application/vnd.ms-excel": "xls",
  "application/vnd.ms-outlook": "msg",
  "application/vnd.ms-powerpoint": "ppt",
  "application/vnd.oasis.opendocument.presentation": "odp",
  "application/vnd.oasis.opendocument.spreadsheet": "ods",
  "application/vnd.oasis.opendocument.text": "odt",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.rar": "rar",
  "application/x-7z-compressed": "7z",
  "application/x-tar": "tar",
  "application/xhtml+xml": "xhtml",
  "application/xml": "xml",
  "application/yaml": "yaml yml",
  "application/zip": "zip",
  "audio/aac": "aac",
  "audio/flac": "flac",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg oga opus",
  "audio/wav": "wav",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/heic": "heic",
  "image/heif": "heif",
  "image/jpeg": "jpg jpeg",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tif tiff",
  "image/vnd.microsoft.icon": "ico",
  "image/webp": "webp",
  "message/rfc822": "eml",
  "text/calendar": "ics",
  "text/css": "css",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/javascript": "js mjs",
  "text/markdown": "md",
  "text/plain": "txt log",
  "text/tab-separated-values": "tsv",
  "text/vcard": "vcf",
  "video/mp4": "mp4",
  "video/mpeg": "mpeg mpg",
  "video/quicktime": "mov",
  "video/webm": "webm",
  "video/x-msvideo": "avi",
};

/** Extension to type. A map, because every object has a `constructor`. */
export const MEDIA_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries(EXTENSIONS_OF).flatMap(([type, extensions]) =>
    extensions.split(" ").map((extension) => [extension, type] as const),
  ),
);
