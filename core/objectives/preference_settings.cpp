// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/preference_settings.h"

#include "core/objectives/objective_settings.h"

namespace luthier::objectives {

using fields::field;

const fields::Section& betaSection()
{
    static const auto section = fields::section<ObjectiveSettings, BetaSettings>({
        field<&BetaSettings::beta>("beta", "Beta", "How strongly answers are told apart: for DPO and KTO a large one stays near the reference, for ORPO it weighs the odds. 0: the usual one, 0.1, for SimPO 2.5.",
            {.low = 0, .high = 1000}),
    });
    return section;
}

const fields::Section& referenceSection()
{
    static const auto section = fields::section<ObjectiveSettings, ReferenceSettings>({
        field<&ReferenceSettings::reference>("reference", "Reference", "When the untrained model is asked what it thinks of the answers: as is cheaper (usual), at every step, or once before the first.", {},
            {.choices = {{"auto", "As is cheaper"}, {"live", "At every step"}, {"once", "Once, before the first"}}, .advanced = true}),
    });
    return section;
}

double betaOf(const BetaSettings& settings, double usual)
{
    return settings.beta > 0 ? settings.beta : usual;
}

} // namespace luthier::objectives
