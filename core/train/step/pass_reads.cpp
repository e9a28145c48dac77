// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/pass_reads.h"

namespace luthier::train {

PassReads::PassReads(const std::vector<at::Tensor>& tensors)
{
    m_reads.reserve(tensors.size());
    for (const at::Tensor& tensor : tensors) {
        m_reads.push_back(tensor.defined() ? Read{tensor.storage(), tensor.const_data_ptr(), tensor.scalar_type(),
                                                  tensor.sizes().vec(), tensor.strides().vec()}
                                           : Read{});
    }
}

bool PassReads::areStill(const std::vector<at::Tensor>& now) const
{
    if (now.size() != m_reads.size()) {
        return false;
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
        const Read& was = m_reads[i];
        const at::Tensor& is = now[i];
        if (!is.defined() || !was.data) {
            if (is.defined() || was.data) {
                return false;
            }
            continue;
        }
        if (is.const_data_ptr() != was.data || was.type != is.scalar_type() || !is.sizes().equals(was.sizes)
            || !is.strides().equals(was.strides)) {
            return false;
        }
    }
    return true;
}

} // namespace luthier::train
