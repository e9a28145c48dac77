// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/state_copies.h"

#include <ATen/core/Tensor.h>

#include <map>

namespace luthier::optim {

namespace {

std::string shapeText(at::IntArrayRef shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i ? ", " : "") + std::to_string(shape[i]);
    }
    return text + "]";
}

} // namespace

Result<std::vector<std::pair<at::Tensor, at::Tensor>>> stateCopies(const std::vector<nn::NamedTensor>& now,
                                                                   const std::vector<nn::NamedTensor>& saved)
{
    const std::string other = "; the checkpoint belongs to another setup";
    std::map<std::string, at::Tensor> byName;
    for (const auto& [name, tensor] : saved) {
        byName[name] = tensor;
    }
    std::vector<std::pair<at::Tensor, at::Tensor>> copies;
    for (const auto& [name, tensor] : now) {
        const auto found = byName.find(name);
        if (found == byName.end()) {
            if (!name.starts_with(kMaster)) {
                return Error{"the optimizer's \"" + name + "\" is missing" + other};
            }
            continue;
        }
        if (!found->second.sizes().equals(tensor.sizes())) {
            return Error{"the optimizer's \"" + name + "\" is " + shapeText(found->second.sizes()) + ", expected "
                         + shapeText(tensor.sizes()) + other};
        }
        if (at::isFloatingType(found->second.scalar_type()) != at::isFloatingType(tensor.scalar_type())) {
            return Error{"the optimizer's \"" + name + "\" has another kind of numbers" + other};
        }
        copies.emplace_back(tensor, found->second);
        byName.erase(found);
    }
    if (!byName.empty()) {
        return Error{"the optimizer has no \"" + byName.begin()->first + "\"" + other};
    }
    return copies;
}

} // namespace luthier::optim
