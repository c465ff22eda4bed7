/**
 * Names of stored connections: words, or paths of words such as `team/alerts`. They stand in URLs, so nothing that a URL
 * would read its own way (`..`, `?`, `%`), and not `verify`, which is a route.
 */
export const CONNECTION_NAME = /^(?!verify$)(?!.*\/verify$)[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_][\w.-]*)*$/;

export const MAX_NAME_LENGTH = 200;
