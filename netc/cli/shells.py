"""The scripts that `netc completion` prints.

Each asks netc for what fits, with the command line in COMP_WORDS and COMP_CWORD, as click reads them, and gets lines of
`kind TAB value TAB description`. The kind `plain` is a word; `file` and `dir` let the shell list paths, by endings.
"""

from __future__ import annotations

# macOS has bash 3.2: no compopt, no nosort, no mapfile.
BASH = r"""# netc completion for bash
_netc_completion() {
    local line kind value path current="${COMP_WORDS[COMP_CWORD]}"
    [[ $current == "=" ]] && current=""
    current="${current#[\"\']}" current="${current//\\/}"
    COMPREPLY=()
    while IFS= read -r line; do
        kind="${line%%$'\t'*}" value="${line#*$'\t'}" value="${value%%$'\t'*}"
        if [[ $kind == plain ]]; then
            COMPREPLY+=("$value")
            continue
        fi
        compopt -o filenames 2> /dev/null
        while IFS= read -r path; do
            if [[ -d $path || ( $kind == file && ( $value == "*" || $path == *.@($value) ) ) ]]; then
                COMPREPLY+=("$path")
            fi
        done < <(compgen -f -- "$current" | sort)
    done < <(IFS=$'\n'; COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _NETC_COMPLETE=bash "$1" 2> /dev/null)
}
complete -o nosort -F _netc_completion netc 2> /dev/null || complete -F _netc_completion netc
"""

ZSH = r"""#compdef netc
# netc completion for zsh
_netc() {
    local line kind value description
    local -a words_that_fit
    local COMP_WORDS="${(F)words}" COMP_CWORD=$((CURRENT - 1)) _NETC_COMPLETE=zsh
    export COMP_WORDS COMP_CWORD _NETC_COMPLETE
    for line in "${(@f)$(${words[1]} 2> /dev/null)}"; do
        kind="${line%%$'\t'*}" value="${line#*$'\t'}" description="${value#*$'\t'}" value="${value%%$'\t'*}"
        case $kind in
            plain) words_that_fit+=("${value//:/\\:}${description:+:$description}") ;;
            dir) _files -/ ;;
            file) if [[ $value == "*" ]]; then _files; else _files -g "*.($value)(-.)"; fi ;;
        esac
    done
    if (( $#words_that_fit )); then _describe -V netc words_that_fit; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _netc "$@"
else
    compdef _netc netc
fi
"""

FISH = r"""# netc completion for fish
function __netc_completion
    set -l words (commandline -opc) (commandline -ct)
    set -l current (commandline -ct)
    for line in (COMP_WORDS=(string join \n -- $words) COMP_CWORD=$current _NETC_COMPLETE=fish $words[1] 2> /dev/null)
        set -l parts (string split \t -- $line)
        switch $parts[1]
            case plain
                printf '%s\t%s\n' $parts[2] $parts[3]
            case dir
                __fish_complete_directories $current
            case file
                if test "$parts[2]" = '*'
                    __fish_complete_path $current
                else
                    __fish_complete_path $current | string match --regex --entire "^[^\t]*(/|\.($parts[2]))(\t|\$)"
                end
        end
    end
end
complete --command netc --no-files --arguments '(__netc_completion)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
