// Newlines and `;` that separate statements. Where the parser waits for none, as inside of parentheses and behind an
// operator, they are space; so they are before `->`, `else`, `}` and the end of the file.

#include <tree_sitter/parser.h>

enum { SEPARATOR };

void *tree_sitter_netc_external_scanner_create(void) { return NULL; }
void tree_sitter_netc_external_scanner_destroy(void *payload) {}
unsigned tree_sitter_netc_external_scanner_serialize(void *payload, char *buffer) { return 0; }
void tree_sitter_netc_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {}

static bool is_separator(int32_t sign) { return sign == '\n' || sign == '\r' || sign == ';'; }
static bool is_space(int32_t sign) { return sign == ' ' || sign == '\t'; }

// Past spaces, newlines and comments: whether a statement may begin there. After a `;` it may begin with anything.
static bool statement_follows(TSLexer *lexer, bool explicit) {
  for (;;) {
    if (lexer->lookahead == ';') explicit = true;
    if (is_space(lexer->lookahead) || is_separator(lexer->lookahead)) {
      lexer->advance(lexer, true);
    } else if (lexer->lookahead == '#') {
      while (!lexer->eof(lexer) && lexer->lookahead != '\n' && lexer->lookahead != '\r') lexer->advance(lexer, true);
    } else {
      break;
    }
  }
  if (lexer->eof(lexer) || lexer->lookahead == '}') return false;
  if (explicit) return true;
  const char *word = lexer->lookahead == '-' ? "->" : "else";
  for (; *word; word++) {
    if (lexer->lookahead != *word) return true;
    lexer->advance(lexer, true);
  }
  bool in_name = (lexer->lookahead >= 'a' && lexer->lookahead <= 'z') || (lexer->lookahead >= 'A' && lexer->lookahead <= 'Z') ||
                 (lexer->lookahead >= '0' && lexer->lookahead <= '9') || lexer->lookahead == '_';
  return word[-1] == 'e' && in_name;
}

bool tree_sitter_netc_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  if (!valid[SEPARATOR]) return false;
  while (is_space(lexer->lookahead)) lexer->advance(lexer, true);
  if (!is_separator(lexer->lookahead)) return false;
  bool explicit = lexer->lookahead == ';';
  lexer->advance(lexer, false);
  lexer->mark_end(lexer);
  lexer->result_symbol = SEPARATOR;
  return statement_follows(lexer, explicit);
}
