// Batch normalization by the batch's own statistics, and its gradient (Ioffe & Szegedy 2015), on blocked maps and on
// plain ones. A vector holds the channels of a block at a place, or, in a plain map, neighbouring places of a channel.
//
// A piece of a map that fits the first cache is read once: its mean, then its squares about that mean. Pieces are put
// together by the formula of Chan, Golub & LeVeque 1979 in double precision, always in the same order.
#include <algorithm>
#include <cmath>

#include "blocks.h"
#include "operators.h"

namespace netc {
namespace {

constexpr int64_t PIECE = 512;  // places
constexpr int64_t TASKS = 64;   // for a whole map; more than any number of threads that pays

// How the places of one block of channels, [N, H, W], are cut into pieces and dealt out. Of a plain map a block is one
// channel, and a place is B neighbouring ones.
struct Cut {
  int64_t examples, blocks, places, pieces, tasks, pieces_a_task;

  Cut(int64_t examples, int64_t blocks, int64_t places) : examples(examples), blocks(blocks), places(places) {
    pieces = ceil_div(places, PIECE);
    tasks = std::max<int64_t>(1, std::min(examples * pieces, ceil_div(TASKS, blocks)));
    pieces_a_task = std::max<int64_t>(1, ceil_div(examples * pieces, tasks));
    tasks = std::max<int64_t>(1, ceil_div(examples * pieces, pieces_a_task));
  }
  // work(offset of the first number, places) for each piece of a task.
  template <typename Work>
  void each(int64_t block, int64_t task, int64_t size, const Work& work) const {
    int64_t end = std::min((task + 1) * pieces_a_task, examples * pieces);
    for (int64_t i = task * pieces_a_task; i < end; ++i) {
      int64_t example = i / pieces, first = i % pieces * PIECE;
      work(((example * blocks + block) * places + first) * size, std::min(PIECE, places - first));
    }
  }
};

template <int B>
struct Moments {
  double count = 0, mean[B] = {}, squares[B] = {};

  void add(double other_count, const double* other_mean, const double* other_squares) {
    double total = count + other_count;
    for (int c = 0; c < B; ++c) {
      double apart = other_mean[c] - mean[c];
      mean[c] += apart * (other_count / total);
      squares[c] += other_squares[c] + apart * apart * (count * other_count / total);
    }
    count = total;
  }
};

template <int B>
void add_piece(Moments<B>& moments, const float* x, int64_t places) {
  using Vector = typename Block<B>::Vector;
  Vector sums[4] = {};
  int64_t p = 0;
  for (; p + 4 <= places; p += 4)
    for (int k = 0; k < 4; ++k) sums[k] += Block<B>::load(x + (p + k) * B);
  for (; p < places; ++p) sums[0] += Block<B>::load(x + p * B);
  Vector mean = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / static_cast<float>(places);
  Vector squares[4] = {}, rest[4] = {};
  for (p = 0; p + 4 <= places; p += 4)
    for (int k = 0; k < 4; ++k) {
      Vector apart = Block<B>::load(x + (p + k) * B) - mean;
      squares[k] += apart * apart;
      rest[k] += apart;
    }
  for (; p < places; ++p) {
    Vector apart = Block<B>::load(x + p * B) - mean;
    squares[0] += apart * apart;
    rest[0] += apart;
  }
  Vector square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
  Vector left = (rest[0] + rest[1]) + (rest[2] + rest[3]);
  double means[B], all[B];
  for (int c = 0; c < B; ++c) {  // the rounding of the mean is put right: what it left over is in `left`
    double shift = static_cast<double>(left[c]) / places;
    means[c] = mean[c] + shift;
    all[c] = square[c] - shift * left[c];
  }
  moments.add(static_cast<double>(places), means, all);
}

// The numbers of a block of channels, or of a channel, in every lane of which it stands.
template <int B>
typename Block<B>::Vector lanes(const float* numbers, bool plain) {
  typename Block<B>::Vector all;
  for (int k = 0; k < B; ++k) all[k] = numbers[plain ? 0 : k];
  return all;
}

// Refuses a map that does not fill its blocks.
void expect_whole_blocks(const Input& x, int64_t block, bool plain) {
  if (!plain) {
    x.expect_blocks(block);
  } else if (product({x.sizes[2], x.sizes[3]}) % block != 0) {
    refuse("input `", x.name, "` has sizes ", x.sizes, ", expected a multiple of ", block, " places");
  }
}

// How a map lies, whose blocks are whole.
struct Lying {
  int64_t lanes, channels;  // of a block
  Cut cut;

  Lying(const Input& x, int64_t block, bool plain)
      : lanes(block),
        channels(plain ? 1 : block),
        cut(x.sizes[0], x.sizes[1] / channels, x.sizes[2] * x.sizes[3] / (plain ? block : 1)) {}

  double numbers_a_channel() const { return static_cast<double>(cut.examples) * cut.places * (lanes / channels); }
};

// y = slope x + shift. Forward and backward pass share it, so that both see the same sign.
template <int B>
typename Block<B>::Vector affine(typename Block<B>::Vector x, typename Block<B>::Vector slope,
                                 typename Block<B>::Vector shift) {
  return x * slope + shift;
}

template <int B>
struct Affine {
  typename Block<B>::Vector slope, shift;

  Affine(const float* scale, const float* bias, const float* mean, const float* variance, float epsilon, bool plain) {
    for (int k = 0; k < B; ++k) {
      int c = plain ? 0 : k;
      slope[k] = scale[c] / std::sqrt(variance[c] + epsilon);
      shift[k] = bias[c] - mean[c] * slope[k];
    }
  }
};

}  // namespace

BatchNormalization::BatchNormalization(const Attributes& given)
    : block_(given.block()), relu_(given.flag("relu")), plain_(given.flag("plain")), epsilon_(given.epsilon()) {}

void BatchNormalization::run(Call& call) const {
  Input x = call.map(0, "x");
  expect_whole_blocks(x, block_, plain_);
  Lying lying(x, block_, plain_);
  const Cut& cut = lying.cut;
  int64_t channels = x.sizes[1];
  Input scale = call.vector(1, "scale", channels), bias = call.vector(2, "bias", channels);
  float* y = call.out(0, x.sizes);
  float* mean = call.out(1, {channels});
  float* variance = call.out(2, {channels});
  with_block(block_, [&](auto size) {
    constexpr int B = size();
    using Vector = typename Block<B>::Vector;
    std::vector<Moments<B>> found(cut.blocks * cut.tasks);
    call.parallel(cut.blocks * cut.tasks, [&](int64_t i) {
      cut.each(i / cut.tasks, i % cut.tasks, B,
               [&](int64_t at, int64_t places) { add_piece<B>(found[i], x.data + at, places); });
    });
    for (int64_t b = 0; b < cut.blocks; ++b) {
      Moments<B> all;
      for (int64_t t = 0; t < cut.tasks; ++t) {
        const Moments<B>& part = found[b * cut.tasks + t];
        all.add(part.count, part.mean, part.squares);
      }
      Moments<1> channel;
      for (int k = 0; k < B; ++k) {
        channel.add(all.count, &all.mean[k], &all.squares[k]);
        if (plain_ && k < B - 1) continue;
        int64_t c = plain_ ? b : b * B + k;
        mean[c] = static_cast<float>(channel.mean[0]);
        variance[c] = static_cast<float>(channel.squares[0] / channel.count);
        channel = {};
      }
    }
    call.parallel(cut.blocks * cut.tasks, [&](int64_t i) {
      int64_t c = i / cut.tasks * lying.channels;
      Affine<B> a(scale.data + c, bias.data + c, mean + c, variance + c, epsilon_, plain_);
      bool relu = relu_;
      cut.each(i / cut.tasks, i % cut.tasks, B, [&](int64_t at, int64_t places) {
        for (int64_t p = 0; p < places; ++p) {
          Vector v = affine<B>(Block<B>::load(x.data + at + p * B), a.slope, a.shift);
          if (relu) v = v < 0 ? Vector{} : v;
          Block<B>::store(y + at + p * B, v);
        }
      });
    });
  });
}

BatchNormalizationGradient::BatchNormalizationGradient(const Attributes& given)
    : block_(given.block()), relu_(given.flag("relu")), plain_(given.flag("plain")), epsilon_(given.epsilon()) {}

// dx = k (d - E[d] - (x - mean) E[d (x - mean)] / (variance + epsilon)), k = scale / sqrt(variance + epsilon),
// where d is dy, or nothing where the ReLU was shut.
void BatchNormalizationGradient::run(Call& call) const {
  Input dy = call.map(0, "dy"), x = call.map(1, "x");
  dy.expect(x.sizes);
  expect_whole_blocks(x, block_, plain_);
  Lying lying(x, block_, plain_);
  const Cut& cut = lying.cut;
  int64_t channels = x.sizes[1];
  Input scale = call.vector(2, "scale", channels), bias = call.vector(3, "bias", channels),
        mean = call.vector(4, "mean", channels), variance = call.vector(5, "variance", channels);
  float* dx = call.out(0, x.sizes);
  float* dscale = call.out(1, {channels});
  float* dbias = call.out(2, {channels});
  with_block(block_, [&](auto size) {
    constexpr int B = size();
    using Vector = typename Block<B>::Vector;
    struct Sums {
      double slope[B] = {}, product[B] = {};
    };
    double count = lying.numbers_a_channel();
    std::vector<Sums> found(cut.blocks * cut.tasks);
    auto slope_at = [&](const Affine<B>& a, Vector value, int64_t at) {
      Vector d = Block<B>::load(dy.data + at);
      if (relu_) d = affine<B>(value, a.slope, a.shift) > 0 ? d : Vector{};
      return d;
    };
    call.parallel(cut.blocks * cut.tasks, [&](int64_t i) {
      int64_t c = i / cut.tasks * lying.channels;
      Affine<B> a(scale.data + c, bias.data + c, mean.data + c, variance.data + c, epsilon_, plain_);
      Vector middle = lanes<B>(mean.data + c, plain_);
      cut.each(i / cut.tasks, i % cut.tasks, B, [&](int64_t at, int64_t places) {
        Vector slopes[2] = {}, products[2] = {};
        auto add = [&](int64_t p, int k) {
          Vector value = Block<B>::load(x.data + at + p * B);
          Vector d = slope_at(a, value, at + p * B);
          slopes[k] += d;
          products[k] += d * (value - middle);
        };
        for (int64_t p = 0; p + 2 <= places; p += 2) {
          add(p, 0);
          add(p + 1, 1);
        }
        if (places % 2 != 0) add(places - 1, 0);
        Vector slope = slopes[0] + slopes[1], product = products[0] + products[1];
        for (int k = 0; k < B; ++k) {
          found[i].slope[k] += slope[k];
          found[i].product[k] += product[k];
        }
      });
    });
    std::vector<Sums> total(cut.blocks);
    for (int64_t b = 0; b < cut.blocks; ++b)
      for (int64_t t = 0; t < cut.tasks; ++t)
        for (int k = 0; k < B; ++k) {
          total[b].slope[k] += found[b * cut.tasks + t].slope[k];
          total[b].product[k] += found[b * cut.tasks + t].product[k];
        }
    if (plain_)
      for (Sums& channel : total) {
        double slope = 0, product = 0;
        for (int k = 0; k < B; ++k) slope += channel.slope[k], product += channel.product[k];
        std::fill_n(channel.slope, B, slope);
        std::fill_n(channel.product, B, product);
      }
    for (int64_t c = 0; c < channels; ++c) {
      double inverse = 1 / std::sqrt(static_cast<double>(variance.data[c]) + epsilon_);
      int64_t b = c / lying.channels, k = c % lying.channels;
      dbias[c] = static_cast<float>(total[b].slope[k]);
      dscale[c] = static_cast<float>(total[b].product[k] * inverse);
    }
    call.parallel(cut.blocks * cut.tasks, [&](int64_t i) {
      int64_t b = i / cut.tasks, c = b * lying.channels;
      Affine<B> a(scale.data + c, bias.data + c, mean.data + c, variance.data + c, epsilon_, plain_);
      Vector middle = lanes<B>(mean.data + c, plain_), even, drift;
      for (int k = 0; k < B; ++k) {
        even[k] = static_cast<float>(total[b].slope[k] / count);
        drift[k] = static_cast<float>(total[b].product[k] / count /
                                      (static_cast<double>(variance.data[c + (plain_ ? 0 : k)]) + epsilon_));
      }
      cut.each(b, i % cut.tasks, B, [&](int64_t at, int64_t places) {
        for (int64_t p = 0; p < places; ++p) {
          Vector value = Block<B>::load(x.data + at + p * B);
          Vector d = slope_at(a, value, at + p * B);
          Block<B>::store(dx + at + p * B, a.slope * ((d - even) - (value - middle) * drift));
        }
      });
    });
  });
}

}  // namespace netc
