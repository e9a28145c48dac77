// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/advice/wish.h"

namespace luthier::advice {

std::span<const fields::Field> wishFields()
{
    using fields::field;
    static const std::vector<fields::Field> table{
        field<&Wish::task>("task", "What should it learn", "One task in one form, following instructions of all kinds, which of two answers people prefer, or the contents of texts.", {},
                           {{{"task", "One task, always in the same form"}, {"instructions", "To follow instructions of many kinds"},
                             {"preferences", "Which answers people prefer"}, {"texts", "The language and contents of texts"}}}),
        field<&Wish::priority>("priority", "What matters most", "Decides the method: each of these asks for another one.", {},
                               {{{"balanced", "Nothing in particular"}, {"memory", "It must run on what this machine has"},
                                 {"tasks", "Several tasks on one base"}, {"quality", "The highest quality"}, {"iteration", "Trying things out quickly"}}}),
        field<&Wish::complexity>("complexity", "How complex is the task", "Simple: a person could explain it in a paragraph. Complex: it takes many examples to show.", {},
                                 {{{"unknown", "Not sure"}, {"simple", "Simple"}, {"complex", "Complex"}}}),
        field<&Wish::budget>("budget", "What may it cost", "Time of this machine, and yours to look at rows and answers.", {},
                             {{{"unknown", "Not sure"}, {"low", "Little"}, {"higher", "More"}}}),
        field<&Wish::consistency>("consistency", "How consistent must answers be", "Critical: a program reads them, or people rely on one form.", {},
                                  {{{"unknown", "Not sure"}, {"less_critical", "They may vary"}, {"critical", "Always the same form"}}}),
        field<&Wish::iteration>("iteration", "How soon do you need something", "A prompt is changed in a minute; a run takes minutes to hours.", {},
                                {{{"unknown", "Not sure"}, {"need_fast", "Right now"}, {"can_wait", "It can wait for a run"}}}),
    };
    return table;
}

} // namespace luthier::advice
