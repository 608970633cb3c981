// Answers all texts of a file with fastText's own library, again and again, and prints texts a second for each pass:
// reference MODEL TEXTS words|sentences|labels PASSES
#include <fasttext/fasttext.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

int main(int count, char** arguments) {
    if (count != 5) return 64;
    fasttext::FastText model;
    model.loadModel(arguments[1]);
    std::vector<std::string> texts;
    std::ifstream file(arguments[2]);
    for (std::string line; std::getline(file, line);) texts.push_back(line + "\n");
    const std::string task = arguments[3];
    fasttext::Vector vector(model.getDimension());
    std::vector<std::pair<fasttext::real, std::string>> labels;
    for (int pass = 0; pass < std::atoi(arguments[4]); ++pass) {
        const auto start = std::chrono::steady_clock::now();
        for (const auto& text : texts) {
            if (task == "words") {
                model.getWordVector(vector, text);
                continue;
            }
            std::istringstream stream(text);
            if (task == "sentences") model.getSentenceVector(stream, vector);
            else model.predictLine(stream, labels, 1, 0);
        }
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        std::cout << texts.size() / time.count() << std::endl;
    }
}
